import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownerLabel } from '../../sim/engine.ts';
import { writeJournal } from '../../sim/host/journal.ts';
import { hostSecrets } from '../../sim/host.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { plantedSecrets } from '../../sim/workloads.ts';
import { startCompleteEdge } from '../faults/edge.ts';
import type { CompleteEdge } from '../faults/state.ts';
import { createPlants } from '../redact/support/plants.ts';
import { bundleOf } from './support/bundle-of.ts';

/** Told with every failure, so that a run can be repeated. */
const seed = process.env['REDACT_SEED'] ?? String(randomInt(2 ** 31));
const { word, all } = createPlants(seed);

let edge: CompleteEdge;
beforeAll(async () => {
  edge = await startCompleteEdge();
}, 90_000);
afterAll(() => edge?.stop(), 30_000);

/** Lines of an ordinary log, none of which may lose a byte. */
const ordinary = Array.from(
  { length: 200 },
  (_, at) =>
    `<6> 2026-11-25 15:58:24.066 +00:00 [INF] - Sent message ${at} to edgeHub, id 5f2b8a3c-9d4e-4f60-a1b2-c3d4e5f6071${at % 10}`,
);

test(`secrets planted in environment, labels, command, logs, journal and configuration are in no byte of the bundle (REDACT_SEED=${seed})`, async () => {
  const planted: [where: string, secret: string][] = [
    ...Object.entries(plantedSecrets),
    ...Object.entries(hostSecrets),
  ];
  const plant = (where: string, secret = word()) => {
    planted.push([where, secret]);
    return secret;
  };

  const learned = plant('environment, and in a log as it is and in base64');
  const environment = {
    PLAIN_SETTING: plant('environment, by no telling name'),
    API_PASSWORD: learned,
    MQTT_URL: `mqtts://user:${plant('environment, in a URL')}@broker:8883`,
    HUB: `HostName=h;SharedAccessKey=${plant('environment, in a connection string', Buffer.from(word()).toString('base64'))}`,
  };
  const inLogs = all();
  for (const [what, secret] of inLogs) plant(`log: ${what}`, secret);
  const log = [
    ...ordinary,
    ...inLogs.map(([, secret, text]) => text(secret)),
    `client says ${learned}`,
    `encoded: ${Buffer.from(`x${learned}yz`).toString('base64')}`,
  ].join('\n');
  const inJournal = all().filter(([, , text]) => !text('x').includes('\n'));
  for (const [what, secret] of inJournal) plant(`journal: ${what}`, secret);
  expect(
    await writeJournal(
      edge.host.hostRoot,
      inJournal.map(([, secret, text]) => text(secret)),
      'planted',
    ),
  ).toBe(true);

  const config = join(edge.host.hostRoot, 'etc/aziot/config.toml');
  const configBefore = await readFile(config, 'utf8');
  await writeFile(
    config,
    `${configBefore}\n# once: ${plant('comment in config.toml')}\n[est.auth]\nusername = "u"\npassword = "${plant('config.toml')}"\n[agent.env2]\n`,
  );

  const container = await edge.engine.docker.createContainer({
    name: 'planted',
    Image: await buildWorkloadImage(edge.engine.docker),
    Cmd: ['sh', '-c', 'echo "$LOG_TEXT"', 'x', '--password', plant('command')],
    Env: [...Object.entries(environment).map(([name, value]) => `${name}=${value}`), `LOG_TEXT=${log}`],
    Labels: {
      [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent',
      'net.azure-devices.edge.env': JSON.stringify({ Setting: { value: plant('label env') } }),
      'net.azure-devices.edge.create-options': JSON.stringify({ Env: [`OTHER=${plant('label create-options')}`] }),
    },
    HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'json-file', Config: {} } },
  });
  try {
    await container.start();
    await container.wait();
    const { bytes, files, text } = await bundleOf(edge, {});
    expect(planted.length).toBeGreaterThanOrEqual(80);
    const whole = Buffer.concat([bytes, ...files.values()]);
    const found = planted.filter(([, secret]) => whole.includes(secret));
    const places = found.map(([where, secret]) => [
      where,
      [...files].filter(([, content]) => content.includes(secret)).map(([name]) => name),
    ]);
    expect({ seed, places }).toEqual({ seed, places: [] });
    expect(whole.includes(Buffer.from(`${learned}`).toString('base64').slice(0, -3))).toBe(false);
    // Of what is no secret nothing is lost.
    expect(text('logs/planted_log.txt').startsWith(`${ordinary.join('\n')}\n`)).toBe(true);
    const counts = JSON.parse(text('redaction.json')) as {
      readonly total: number;
      readonly rules: Record<string, number>;
    };
    expect(counts.total).toBeGreaterThan(80);
    expect(counts.rules['known-secret']).toBeGreaterThanOrEqual(2);
  } finally {
    await container.remove({ force: true });
    await writeFile(config, configBefore);
  }
}, 90_000);
