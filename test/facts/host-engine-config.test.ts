import { parseDaemonJson } from '../../module/facts/host-engine-config.ts';
import { readFacts } from '../../module/facts/index.ts';
import { hostWith } from './support/host-files.ts';
import { worldWith } from './support/world.ts';

const path = '/etc/docker/daemon.json';
const read = async (files: Readonly<Record<string, string>>) => {
  await using device = await hostWith(files);
  return (await readFacts(['hostEngineConfig'], worldWith({ host: device.host }))).hostEngineConfig;
};

test('what the checks judge is read, and the proxy without its password', async () => {
  const text = JSON.stringify({
    dns: ['10.0.0.2'],
    ipv6: true,
    'log-driver': 'json-file',
    'log-opts': { 'max-size': '10m', 'max-file': '3', env: 'secret' },
    proxies: { 'https-proxy': 'http://edge:hunter2@proxy:3128' },
    'registry-mirrors': ['https://user:hunter2@mirror'],
  });
  const reading = await read({ [path]: text });
  expect(reading).toMatchObject({
    value: {
      path,
      state: 'found',
      dns: ['10.0.0.2'],
      ipv6: true,
      logDriver: 'json-file',
      maxSize: '10m',
      maxFile: '3',
      httpsProxy: 'http://***@proxy:3128',
    },
  });
  expect(JSON.stringify(reading)).not.toMatch(/hunter2|secret/);
});

test('F44: no file is a reading of its own', async () => {
  expect(await read({})).toMatchObject({ value: { path, state: 'missing', dns: [] } });
});

test('F45: text that is not JSON is named by its place, and never quoted', async () => {
  const reading = await read({ [path]: '{\n  "dns": [hunter2]\n}' });
  expect(reading).toMatchObject({ value: { state: 'invalid', problem: expect.stringMatching(/^it is not JSON/) } });
  expect(JSON.stringify(reading)).not.toContain('hunter2');
});

test.each([
  ['[]', 'it is not a JSON object'],
  ['{"dns": "10.0.0.2"}', '"dns" is not a list of strings'],
  ['{"ipv6": "yes"}', '"ipv6" is neither true nor false'],
  ['{"log-driver": 1}', '"log-driver" is not a string'],
  ['{"log-opts": {"max-file": 3}}', '"log-opts" is not an object of strings'],
])('%s is invalid: %s', (text, problem) => {
  expect(parseDaemonJson(text)).toEqual({ state: 'invalid', problem, dns: [] });
});

test('an empty file sets nothing, as for the engine', () => {
  expect(parseDaemonJson(' \n')).toEqual({ state: 'found', dns: [] });
});

test('a path that cannot be read says so', async () => {
  await using device = await hostWith({ [`${path}/x`]: '' });
  const { hostEngineConfig } = await readFacts(['hostEngineConfig'], worldWith({ host: device.host }));
  expect(hostEngineConfig).toMatchObject({
    value: { state: 'unreadable', problem: expect.stringContaining('EISDIR') },
  });
});

test("outside of a helper container there is no host's file", async () => {
  const { hostEngineConfig } = await readFacts(['hostEngineConfig'], worldWith({}));
  expect(hostEngineConfig).toMatchObject({ unavailable: 'host-access-off' });
});
