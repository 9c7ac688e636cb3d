import { proxySettings } from '../../module/checks/proxy-settings.ts';
import type { EngineInfo } from '../../module/docker/docker.ts';
import type { Reading } from '../../module/facts/fact.ts';
import { type Facts, readFacts } from '../../module/facts/index.ts';
import { hostWith } from '../facts/support/host-files.ts';
import { dockerWith, worldWith } from '../facts/support/world.ts';
import { container, containers, noEngine, noHost, options, value } from './support/readings.ts';

const proxy = 'http://***@proxy.example:3128';
const agent = (httpsProxy?: string) => containers(container('edgeAgent', httpsProxy ? { httpsProxy } : {}));
const engine = (httpsProxy: string) => value({ httpsProxy } as Facts['engineInfo']);
const service = (httpsProxy?: string) => ({ found: true, notSeen: [], ...(httpsProxy ? { httpsProxy } : {}) });
const services = (edged?: string, identityd = edged, docker = edged): Reading<Facts['hostProxies']> =>
  value({ 'aziot-edged': service(edged), 'aziot-identityd': service(identityd), docker: service(docker) });
const judge = (
  edgeContainers: Reading<Facts['edgeContainers']>,
  engineInfo: Reading<Facts['engineInfo']>,
  hostProxies: Reading<Facts['hostProxies']>,
) => proxySettings.judge({ edgeContainers, engineInfo, hostProxies }, options);

test('F56: four equal, or none set, is ok', () => {
  expect(judge(agent(proxy), engine(proxy), services(proxy))).toMatchObject({ status: 'ok', info: { Moby: proxy } });
  expect(judge(agent(), engine(''), services())).toMatchObject({ status: 'ok', info: { Moby: null } });
});

/** The whole way, from the files and the engine's answers to the verdict. */
async function whole(agentEnv: readonly string[], dockerd: string) {
  const line = '[Service]\nEnvironment="https_proxy=http://edge:hunter2@proxy.example:3128"\n';
  await using device = await hostWith({
    '/etc/systemd/system/aziot-edged.service.d/proxy.conf': line,
    '/etc/systemd/system/aziot-identityd.service.d/proxy.conf': line,
  });
  const inspect = { Config: { Image: 'a', Env: agentEnv }, HostConfig: {}, State: {} };
  const docker = dockerWith({
    modules: async () => [
      { name: 'edgeAgent', containerId: '1', image: 'a', state: 'running', status: '', labels: {} },
    ],
    inspect: async () => inspect as never,
    info: async () => ({ httpsProxy: dockerd, raw: {} }) as EngineInfo,
  });
  const readings = await readFacts(proxySettings.needs, worldWith({ docker, host: device.host }));
  const verdict = proxySettings.judge(readings, options);
  expect(JSON.stringify([readings, verdict])).not.toContain('hunter2');
  return verdict;
}

test('F57: the engine without a proxy, the others with one and a password, which is not shown', async () => {
  expect(await whole(['https_proxy=http://edge:hunter2@proxy.example:3128'], '')).toMatchObject({
    status: 'warning',
    details: [
      `The proxy setting for IoT Edge Agent "${proxy}", IoT Edge Daemon "${proxy}", IoT Identity Daemon "${proxy}", ` +
        'and Moby "" may need to be identical.',
    ],
  });
});

test('F58: edgeAgent may name it in upper case', async () => {
  const set = 'http://edge:hunter2@proxy.example:3128';
  expect((await whole([`HTTPS_PROXY=${set}`], set)).status).toBe('ok');
});

test('what is known is compared, and what is not is named', () => {
  expect(judge(agent(proxy), engine(proxy), noHost)).toMatchObject({
    status: 'ok',
    info: { not_compared: { 'IoT Edge Daemon': noHost.why, 'IoT Identity Daemon': noHost.why } },
  });
  expect(judge(agent(proxy), engine(''), noHost)).toMatchObject({
    status: 'warning',
    details: [expect.stringContaining('IoT Edge Daemon (not known)')],
  });
  const hidden = { found: true, notSeen: ['/opt/x (not bound)'] };
  const some = value({ 'aziot-edged': hidden, 'aziot-identityd': { found: false, notSeen: [] }, docker: service() });
  expect(judge(agent(), engine(''), some)).toMatchObject({
    status: 'ok',
    info: { not_compared: { 'IoT Edge Daemon': 'It may be set in /opt/x (not bound).' } },
  });
});

test("without the engine its unit's setting counts; with one setting alone there is nothing to compare", () => {
  expect(judge(noEngine, noEngine, services(proxy, proxy, ''))).toMatchObject({ status: 'warning' });
  expect(judge(noEngine, noEngine, noHost)).toMatchObject({ status: 'skipped', reason: 'docker-unavailable' });
  expect(judge(containers(), engine(''), noHost)).toMatchObject({ status: 'skipped', reason: 'host-access-off' });
});
