import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MODULE, type TestHub, until } from '../sim/support/hub.ts';
import { startNarrowHub } from './support/narrow.ts';

const bundle = join(import.meta.dirname, '../../dist/edge-support.js');

let local: TestHub;
let folder: string;

beforeEach(async () => {
  local = await startNarrowHub(36);
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
});

afterEach(async () => {
  await local.stop();
  await rm(folder, { recursive: true });
});

/** The built module, in a network that lets only port 443 through and without a container engine. */
function start(variables: Record<string, string>) {
  const env = {
    PATH: process.env.PATH,
    DOCKER_HOST: `unix://${folder}/none.sock`,
    EDGE_SUPPORT_DATA: folder,
    ...local.environment(MODULE),
    ...variables,
  };
  const child = spawn(process.execPath, [bundle], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => void output.push(String(part)));
  return { child, text: () => output.join(''), ended: once(child, 'exit') };
}

test('the bundle connects over WebSockets, proves that it hears, and ends when asked to', async () => {
  const { child, text, ended } = start({ EDGE_SUPPORT_CHANNEL_TRANSPORT: 'mqttws' });
  await until('the connection', () => text().includes('The connection to edgeHub is open.'), 15_000);
  await until('the report', () => JSON.stringify(local.hub.twin(MODULE).reported).includes('"selfCall":"heard"'));
  child.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
  expect(text()).not.toMatch(/Warning|left out/);
}, 30_000);

test('when nothing works for giveUpAfter the process ends with status 1 and says why in its last line', async () => {
  await local.hub.faults.down('edge');
  const { text, ended } = start({ EDGE_SUPPORT_CHANNEL_GIVE_UP_AFTER: '10 s', EDGE_SUPPORT_CHANNEL_FALLBACK: 'false' });
  expect((await ended)[0]).toBe(1);
  expect(text().trimEnd().split('\n').at(-1)).toMatch(
    /^<0> .* \[FTL\] - No connection to edgeHub or IoT Hub has worked for 1\d(\.\d)? s; .*ECONNREFUSED.*\. Ending, so that IoT Edge starts this module anew\.$/,
  );
}, 40_000);
