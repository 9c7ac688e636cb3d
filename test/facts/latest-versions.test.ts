import { createServer, type RequestListener } from 'node:http';
import type { Targets } from '../../module/facts/fact.ts';
import { readFacts } from '../../module/facts/index.ts';
import { createPki } from '../../sim/pki.ts';
import { closedPort, httpsServer, listening, proxyServer, silentServer } from './support/servers.ts';
import { worldWith } from './support/world.ts';

const list = JSON.stringify({
  channels: [
    { name: 'stable', products: [{ id: 'aziot-edge', components: [{ name: 'aziot-edge', version: '1.5.21' }] }] },
    {
      name: 'lts',
      products: [
        { id: 'other', components: [{ name: 'aziot-edge', version: '9.9.9' }] },
        {
          id: 'aziot-edge',
          components: [
            { name: 'aziot-edge', version: '1.4.33' },
            { name: 'aziot-identity-service', version: '1.4.8' },
            { name: 'broken' },
          ],
        },
      ],
    },
  ],
});

const read = async (latestVersionsUrl: string, more: Partial<Targets> = {}, limitMs = 5000) => {
  const world = worldWith({ targets: { ...more, latestVersionsUrl } });
  const { latestVersions } = await readFacts(['latestVersions'], world, { limitMs });
  if (!('value' in latestVersions)) throw new Error(latestVersions.why);
  return latestVersions.value;
};
const serve = (listener: RequestListener) => listening(createServer(listener));

/** `/3` redirects to `/2`, and so on to the list at `/0`. */
const redirects: RequestListener = ({ url = '' }, response) => {
  const left = Number(url.slice(1));
  if (left === 0) response.end(list);
  else response.writeHead(302, { location: `/${left - 1}` }).end();
};

test('the list is found behind redirects, one version per channel', async () => {
  await using server = await serve(redirects);
  expect(await read(`http://127.0.0.1:${server.port}/3`)).toEqual({
    url: `http://127.0.0.1:${server.port}/3`,
    versions: { 'aziot-edge': ['1.5.21', '1.4.33'], 'aziot-identity-service': ['1.4.8'] },
  });
});

test.each<[string, RequestListener, object]>([
  ['a status', (_, response) => response.writeHead(503).end(), { kind: 'status', status: 503 }],
  ['a redirect to nowhere', (_, response) => response.writeHead(301).end(), { kind: 'no-location' }],
  ['no JSON', (_, response) => response.end('<html>sign in</html>'), { kind: 'unreadable' }],
  ['another JSON', (_, response) => response.end('{"channels": [null, 1]}'), { kind: 'unreadable' }],
  ['an endless body', (_, response) => void response.end('x'.repeat(3 << 20)), { kind: 'unreadable' }],
])('%s is a reading', async (_, listener, problem) => {
  await using server = await serve(listener);
  expect(await read(`http://127.0.0.1:${server.port}/`)).toMatchObject({ problem });
});

test('more than five redirects, silence and a closed port end as well', async () => {
  await using server = await serve(redirects);
  await using silent = await silentServer();
  expect(await read(`http://127.0.0.1:${server.port}/6`)).toMatchObject({ problem: { kind: 'no-answer' } });
  expect(await read(`http://127.0.0.1:${silent.port}/`, {}, 300)).toMatchObject({ problem: { kind: 'timeout' } });
  expect(await read(`http://127.0.0.1:${await closedPort()}/`)).toMatchObject({ problem: { kind: 'no-answer' } });
});

describe('behind a proxy with a password', () => {
  test('https goes through it', async () => {
    const pki = await createPki();
    await using server = await httpsServer(await pki.server(['versions.example']), (_, response) => response.end(list));
    await using proxy = await proxyServer({ user: 'edge:hunter2' });
    const reading = await read(`https://versions.example:${server.port}/`, {
      trust: { from: "the test's root", ca: [pki.rootCertificate] },
      proxy: { url: `http://edge:hunter2@127.0.0.1:${proxy.port}`, noProxy: '', from: 'the test' },
    });
    expect(reading).toHaveProperty(['versions', 'aziot-edge'], ['1.5.21', '1.4.33']);
    expect(proxy.asked).toEqual([expect.stringMatching(/^versions\.example:\d+ Basic /)]);
  });

  test('what it refuses is told without its password', async () => {
    await using proxy = await proxyServer({ user: 'edge:other' });
    const url = `http://edge:hunter2@127.0.0.1:${proxy.port}`;
    const reading = await read('https://versions.example/', { proxy: { url, noProxy: '', from: 'the test' } });
    expect(reading).toMatchObject({
      problem: {
        kind: 'no-answer',
        why: expect.stringMatching(/^through the proxy http:\/\/\*\*\*@127\.0\.0\.1:\d+: /),
      },
    });
    expect(JSON.stringify(reading)).not.toContain('hunter2');
  });

  test('no_proxy goes around it', async () => {
    await using server = await serve(redirects);
    await using proxy = await proxyServer();
    const settings = { url: `http://127.0.0.1:${proxy.port}`, noProxy: '127.0.0.1', from: 'the test' };
    expect(await read(`http://127.0.0.1:${server.port}/0`, { proxy: settings })).toHaveProperty('versions');
    expect(proxy.asked).toEqual([]);
  });
});
