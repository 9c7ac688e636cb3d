import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createEngine } from '../../module/docker/engine.ts';
import { parseTcp, parseUnix } from '../../module/facts/host-sockets.ts';
import { removeContents } from '../../sim/engine/labelled.ts';
import { type Engine, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { testEngine } from '../support/local-edge.ts';
import { hostWith } from './support/host-files.ts';
import { silentServer } from './support/servers.ts';

let engine: Engine;
let image: string;
beforeAll(async () => {
  engine = testEngine();
  image = await buildWorkloadImage(engine.docker);
}, 60_000);
afterAll(() => removeContents(engine.docker, `${simLabel}=${engine.runId}`), 60_000);

/** What a container on the host's network reads from a file. */
async function readThere(path: string): Promise<string> {
  const name = `sockets-${engine.runId}-${path.replaceAll('/', '-')}`;
  const container = await engine.docker.createContainer({
    name,
    Image: image,
    Cmd: ['cat', path],
    Tty: true,
    Labels: { [simLabel]: engine.runId },
    HostConfig: { NetworkMode: 'host' },
  });
  await container.start();
  await container.wait();
  const { body } = await createEngine(engine.dockerHost).logs(name, {}, AbortSignal.timeout(10_000));
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString().replaceAll('\r', '');
}

test("a container on the host's network sees the host's sockets, with nothing mounted", async () => {
  await using device = await hostWith({});
  await using port = await silentServer();
  await mkdir(device.at('/run/aziot'), { recursive: true });
  const server = createServer().listen(device.at('/run/aziot/keyd.sock'));
  await once(server, 'listening');
  try {
    expect(parseUnix(await readThere('/proc/net/unix'), device.host.root)).toEqual(['/run/aziot/keyd.sock']);
    expect(parseTcp(await readThere('/proc/net/tcp'))).toContainEqual({ address: '127.0.0.1', port: port.port });
  } finally {
    server.close();
  }
}, 60_000);
