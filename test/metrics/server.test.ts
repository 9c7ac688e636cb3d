import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createMetricsServer, type MetricsServer, type MetricsServerParts } from '../../module/metrics/server.ts';
import { waitFor } from '../../sim/wait.ts';
import { memoryLog } from '../support/services.ts';

const limits = { connections: 4, requestMs: 300, checkMs: 50, idleMs: 2000 };
const page = '# TYPE a counter\na 1\n';

const running: MetricsServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((server) => server.close()));
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function serving(parts: Partial<MetricsServerParts> = {}) {
  const log = memoryLog();
  const server = createMetricsServer({ page: async () => page, log, limits, ...parts });
  running.push(server);
  const port = await freePort();
  server.use(port);
  await said(log, /served on port/);
  return { server, log, port };
}

const said = (log: ReturnType<typeof memoryLog>, what: RegExp) =>
  waitFor('a line of the log', () => log.lines.find((line) => what.test(line)), { limitMs: 5000, everyMs: 10 });

/** Status, headers and body of an answer; rejects when there is none. */
async function ask(port: number, path = '/metrics', method = 'GET') {
  const sent = request({ host: '127.0.0.1', port, path, method, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part;
  return { status: response.statusCode, headers: response.headers, text };
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What comes until the other side closes, and after how many milliseconds it does. */
async function untilClosed(socket: Socket): Promise<{ text: string; ms: number }> {
  const started = performance.now();
  let text = '';
  socket.on('data', (part) => {
    text += String(part);
  });
  // Not `once`, which rejects when the other side resets the connection.
  if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve));
  return { text, ms: performance.now() - started };
}

test('GET and HEAD of /metrics are answered as Prometheus wants it, anything else with 404', async () => {
  const { port } = await serving();
  const { status, headers, text } = await ask(port);
  expect({ status, text }).toEqual({ status: 200, text: page });
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await ask(port, '/metrics?name=x')).toMatchObject({ status: 200 });
  const head = await ask(port, '/metrics', 'HEAD');
  expect(head).toMatchObject({ status: 200, text: '' });
  expect(head.headers['content-length']).toBe(String(page.length));
  for (const [path, method] of [
    ['/metrics', 'POST'],
    ['/metrics', 'DELETE'],
    ['/metrics', 'OPTIONS'],
    ['/', 'GET'],
    ['/metrics/', 'GET'],
    ['/../metrics', 'GET'],
    ['//metrics', 'GET'],
  ] as const)
    expect([path, method, await ask(port, path, method)]).toMatchObject([path, method, { status: 404, text: '' }]);
});

test('a page that cannot be made is a 500 without its reason, which the log has', async () => {
  const { port, log } = await serving({
    page: async () => {
      throw new Error('the disk is gone');
    },
  });
  expect(await ask(port)).toMatchObject({ status: 500, text: '' });
  expect(log.lines).toContain('warning The metrics could not be read: the disk is gone');
});

test('who sends nothing, half a header, a header without end or a body without end is cut off soon', async () => {
  const { port } = await serving();
  const [silent, half, dripping, body] = await Promise.all([opened(port), opened(port), opened(port), opened(port)]);
  half.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
  body.write('POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
  dripping.write('GET /metrics HTTP/1.1\r\n');
  const drip = setInterval(() => dripping.write('X-A: 1\r\n'), 20);
  const ends = await Promise.all([silent, half, dripping, body].map(untilClosed)).finally(() => clearInterval(drip));
  // Far more than the 300 ms that they have, far less than for ever.
  for (const { ms } of ends) expect(ms).toBeLessThan(4000);
  expect(ends.map(({ text }) => text.includes('200 OK'))).toEqual([false, false, false, false]);
  const flooding = await opened(port);
  flooding.write(`GET /metrics HTTP/1.1\r\nX-Long: ${'x'.repeat(20_000)}`);
  expect((await untilClosed(flooding)).text).toMatch(/^HTTP\/1\.1 431 /);
  expect((await ask(port)).status).toBe(200);
});

test('of many connections only a few are taken, and when they are gone others are', async () => {
  const { port } = await serving({ limits: { ...limits, requestMs: 60_000, idleMs: 60_000 } });
  const many = await Promise.all(Array.from({ length: 50 }, () => opened(port)));
  const left = () => many.filter((socket) => !socket.closed);
  await waitFor('the others to be turned away', () => left().length === limits.connections || undefined, {
    limitMs: 5000,
    everyMs: 10,
  });
  await expect(ask(port)).rejects.toThrow(/ECONNRESET|EPIPE|socket hang up/);
  for (const socket of left()) socket.destroy();
  const answered = () =>
    ask(port).then(
      ({ status }) => status,
      () => undefined,
    );
  expect(await waitFor('an answer', answered, { limitMs: 5000, everyMs: 20 })).toBe(200);
});

test('a port that is taken is one warning, and the next change of settings tries again', async () => {
  const other = createHttpServer().listen(0);
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const log = memoryLog();
  const server = createMetricsServer({ page: async () => page, log, limits });
  running.push(server);
  server.use(port);
  const line = await said(log, /not served/);
  expect(line).toMatch(
    new RegExp(
      `^warning Metrics are not served on port ${port}: (?:Error: )?listen EADDRINUSE: .* \\(setting metrics\\.port\\)\\. GetMetrics has them all the same\\.$`,
    ),
  );
  other.close();
  await once(other, 'close');
  server.use(port);
  await said(log, /are served/);
  expect((await ask(port)).status).toBe(200);
});

test('another port takes the place of the first, 0 is none, and close ends connections that are open', async () => {
  const { server, port, log } = await serving();
  const other = await freePort();
  const held = await opened(port);
  server.use(port);
  server.use(other);
  await said(log, new RegExp(`served on port ${other}`));
  expect((await ask(other)).status).toBe(200);
  await expect(ask(port)).rejects.toThrow(/ECONNREFUSED/);
  await untilClosed(held);
  server.use(0);
  await expect(ask(other)).rejects.toThrow(/ECONNREFUSED/);
  server.use(other);
  await waitFor('an answer', () => ask(other).catch(() => undefined), { limitMs: 5000, everyMs: 20 });
  const open = await opened(other);
  const started = performance.now();
  await server.close();
  await untilClosed(open);
  expect(performance.now() - started).toBeLessThan(2000);
});
