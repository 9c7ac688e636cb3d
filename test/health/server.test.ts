import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressOf, socketPath } from '../../module/health/address.ts';
import { askHealth } from '../../module/health/ask.ts';
import { createHealthServer, type HealthServer, type HealthServerParts } from '../../module/health/server.ts';
import { waitFor } from '../../sim/wait.ts';
import { memoryLog } from '../support/services.ts';

const limits = { connections: 3, idleMs: 200 };
const newAddress = () => `@edge-support-test-${randomBytes(6).toString('hex')}`;

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function serving(parts: Partial<HealthServerParts> = {}): { server: HealthServer; address: string; lines: string[] } {
  const log = memoryLog();
  const address = newAddress();
  const health = () => ({ healthy: true, text: 'All is well.' });
  const server = createHealthServer({ address, health, log, limits, ...parts });
  undo.push(server.close);
  return { server, address, lines: log.lines };
}

/** A server that is none of ours. */
async function other(address: string, onSocket: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onSocket(socket);
  }).listen(socketPath(address));
  undo.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return server;
}

test('whoever asks hears how the module is now', async () => {
  let text = 'The connection is open.';
  const { address } = serving({ health: () => ({ healthy: text.includes('open'), text }) });
  expect(await askHealth(address, 2000)).toEqual({ healthy: true, text });
  text = 'The connection is deaf.';
  expect(await askHealth(address, 2000)).toEqual({ healthy: false, text });
});

test('an address without @ is a path', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'health-'));
  undo.push(() => rm(folder, { recursive: true }));
  const address = join(folder, 'health.sock');
  serving({ address });
  expect(await askHealth(address, 2000)).toEqual({ healthy: true, text: 'All is well.' });
});

test('a file that a killed module left behind is in nobody’s way; one that is in use, or no socket, stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'health-'));
  undo.push(() => rm(folder, { recursive: true }));
  const address = join(folder, 'health.sock');
  const killed = `require('node:net').createServer().listen(${JSON.stringify(address)}, () => process.kill(process.pid, 'SIGKILL'))`;
  expect(spawnSync(process.execPath, ['-e', killed], { timeout: 10_000 }).signal).toBe('SIGKILL');
  const answers = () => askHealth(address, 2000).then(({ healthy }) => healthy || undefined);
  const { lines } = serving({ address });
  expect(await waitFor('an answer', answers, { limitMs: 5000, everyMs: 20 })).toBe(true);
  expect(lines).toEqual([]);

  const taken = serving({ address });
  await waitFor('the line', () => taken.lines.length > 0 || undefined, { limitMs: 5000, everyMs: 10 });
  expect(taken.lines.join()).toContain(`Health checks are not answered at ${address}: EADDRINUSE`);
  expect(await answers()).toBe(true);

  const file = join(folder, 'file');
  await writeFile(file, 'mine');
  const wrong = serving({ address: file });
  await waitFor('the line', () => wrong.lines.length > 0 || undefined, { limitMs: 5000, everyMs: 10 });
  expect(await readFile(file, 'utf8')).toBe('mine');
});

test('two modules on the network of the host have an address each', async () => {
  const address = newAddress();
  const of = (moduleId: string) => addressOf(address, moduleId);
  const { lines } = serving({ address: of('one'), health: () => ({ healthy: true, text: 'one' }) });
  serving({ address: of('two'), health: () => ({ healthy: false, text: 'two' }) });
  expect(await askHealth(of('one'), 2000)).toEqual({ healthy: true, text: 'one' });
  expect(await askHealth(of('two'), 2000)).toEqual({ healthy: false, text: 'two' });
  expect(lines).toEqual([]);
});

test('an address is never longer than the kernel takes, and a path stays as it is', async () => {
  const address = addressOf(newAddress(), 'm'.repeat(128));
  serving({ address });
  expect(await askHealth(address, 2000)).toEqual({ healthy: true, text: 'All is well.' });
  expect(addressOf('/run/health.sock', 'm')).toBe('/run/health.sock');
  expect(addressOf('', 'm')).toBe('');
});

test('after close nobody answers, and that is a sentence', async () => {
  const { server, address } = serving();
  expect((await askHealth(address, 2000)).healthy).toBe(true);
  await server.close();
  expect(await askHealth(address, 2000)).toEqual({
    healthy: false,
    text: 'The module does not answer health checks (ECONNREFUSED).',
  });
});

test('close does not wait for those who do not hang up, and is no error where nothing listens', async () => {
  const { server, address } = serving({ limits: { ...limits, idleMs: 60_000 } });
  const idle = connect({ path: socketPath(address), allowHalfOpen: true });
  idle.on('error', () => undefined);
  await once(idle, 'data');
  await server.close();
  await once(idle.resume(), 'end');
  idle.destroy();
  await server.close();
  await createHealthServer({ address: '', health: () => ({ healthy: true, text: '' }), log: memoryLog() }).close();
});

test('whoever keeps a connection is hung up on, and no more than a few may come', async () => {
  const { address } = serving();
  const kept = Array.from({ length: 5 }, () => connect({ path: socketPath(address), allowHalfOpen: true }));
  for (const socket of kept) socket.on('error', () => undefined).resume();
  undo.push(() => kept.forEach((socket) => void socket.destroy()));
  await Promise.all(kept.map((socket) => once(socket, 'end')));
  const answer = () => askHealth(address, 2000).then(({ healthy }) => (healthy ? true : undefined));
  expect(await waitFor('room for another', answer, { limitMs: 5000, everyMs: 20 })).toBe(true);
});

test('an address that is taken is one line in the log', async () => {
  const address = newAddress();
  await other(address, (socket) => void socket.end('no JSON'));
  const { lines } = serving({ address });
  await waitFor('the line', () => lines.length > 0 || undefined, { limitMs: 5000, everyMs: 10 });
  expect(lines.join()).toContain(`Health checks are not answered at ${address}: EADDRINUSE`);
  expect(await askHealth(address, 2000)).toEqual({ healthy: false, text: 'The module hung up.' });
});

test.each([
  ['says nothing', () => undefined, 'The module did not answer within 0.2 s.'],
  ['says too much', (socket: Socket) => void socket.write('x'.repeat(100_000)), 'The module hung up.'],
  ['says something else', (socket: Socket) => void socket.end('null'), 'The module hung up.'],
  ['says half of it', (socket: Socket) => void socket.end('{"healthy":true'), 'The module hung up.'],
])('a module that %s is not healthy', async (_, behave, text) => {
  const address = newAddress();
  await other(address, behave);
  expect(await askHealth(address, 200)).toEqual({ healthy: false, text });
});
