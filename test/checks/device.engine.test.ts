import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from '../../module/checks/index.ts';
import { createEngine } from '../../module/docker/engine.ts';
import { writeTime } from '../../module/facts/sntp.ts';
import { toCheckJson } from '../../module/report/result.ts';
import { removeContents } from '../../sim/engine/labelled.ts';
import { type Engine, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { createPki } from '../../sim/pki.ts';
import { waitFor } from '../../sim/wait.ts';
import { typicalSpecs } from '../../sim/workload-specs.ts';
import { plantedSecrets, startWorkloads } from '../../sim/workloads.ts';
import { httpsServer, proxyServer, udpServer } from '../facts/support/servers.ts';
import { worldWith } from '../facts/support/world.ts';
import { testEngine } from '../support/local-edge.ts';

// Nobody listens there: the engine asks no registry outside of this machine.
const agentImage = '127.0.0.1:9/azureiotedge-agent:1.5.21';

let engine: Engine;
let storageDir: string;
beforeAll(async () => {
  engine = testEngine();
  storageDir = await mkdtemp(join(tmpdir(), 'edge-support-checks-'));
  const image = await buildWorkloadImage(engine.docker);
  const moduleEnv = async (id: string) => ({ IOTEDGE_MODULEID: id });
  await startWorkloads({
    engine,
    image,
    specs: typicalSpecs(
      { deviceId: 'device-1', storageDir, gatewayHostName: 'device', agentImage },
      engine.uplink.gateway,
    ),
    moduleEnv,
  });
  const crasher = engine.docker.getContainer('crasher');
  const loops = async () => ((await crasher.inspect()).RestartCount >= 3 ? true : undefined);
  await waitFor('crasher to be in its loop', loops, { limitMs: 40_000 });
}, 60_000);
afterAll(async () => {
  await removeContents(engine.docker, `${simLabel}=${engine.runId}`);
  await rm(storageDir, { recursive: true, force: true });
}, 60_000);

test('a simulated device on a real engine: every check has its verdict within 5 s, and no secret is in what was read', async () => {
  const pki = await createPki();
  await using hub = await httpsServer(await pki.server(['127.0.0.1']));
  await using proxy = await proxyServer({ user: 'edge:hunter2' });
  await using ntp = await udpServer((request) => {
    const answer = Buffer.alloc(48);
    answer[0] = (4 << 3) | 4;
    answer[1] = 1;
    request.copy(answer, 24, 40, 48);
    writeTime(answer, 32, Date.now());
    writeTime(answer, 40, Date.now());
    return answer;
  });
  const run = await runChecks({
    world: worldWith({
      docker: createEngine(engine.dockerHost),
      env: { moduleId: 'SimulatedTemperatureSensor', httpsProxy: `http://edge:hunter2@127.0.0.1:${proxy.port}` },
      targets: {
        ports: { amqp: hub.port, https: hub.port, mqtt: hub.port },
        ntpServer: `127.0.0.1:${ntp.port}`,
        trust: { from: "the test's root", ca: [pki.rootCertificate] },
      },
    }),
  });

  expect(run.durationMs).toBeLessThan(5000);
  const { checks, additional_info: head } = toCheckJson(run);
  expect(
    Object.fromEntries(Object.entries(checks).map(([id, { result, reason }]) => [id, reason ?? result.result])),
  ).toEqual({
    'host-local-time': 'ok',
    'host-connect-iothub-amqp': 'ok',
    'host-connect-iothub-https': 'ok',
    'host-connect-iothub-mqtt': 'ok',
    'host-connect-dps-endpoint': 'host-access-off',
    'container-engine-uri': 'ok',
    parent_hostname: 'ignored',
    'container-resolve-parent-hostname': 'ignored',
    'container-local-time': 'ok',
    // The engine may be older than 25, which does not say whether it was given DNS servers.
    'container-engine-dns': expect.stringMatching(/^(host-access-off|warning|ok)$/),
    'container-engine-ipv6': 'ignored',
    'container-engine-logrotate': 'warning',
    'edge-agent-storage-mounted-from-host': 'ok',
    'edge-hub-storage-mounted-from-host': 'warning',
    'container-connect-upstream-amqp': 'not-required',
    'container-connect-upstream-https': 'not-required',
    'container-connect-upstream-mqtt': 'ok',
    'keyd-running': 'host-access-off',
    'proxy-settings': 'warning',
    'port-conflicts': 'ok',
    'disk-space': 'host-access-off',
    // This world has no helper containers: the dials of other places are made here, and there are no files of a host.
    'aziot-edge-version': 'host-access-off',
    'aziot-edged-config-well-formed': 'host-access-off',
    'aziot-version': 'host-access-off',
    'certd-config-well-formed': 'host-access-off',
    'certd-running': 'host-access-off',
    'config-up-to-date': 'host-access-off',
    'configs-up-to-date': 'host-access-off',
    'connect-management-uri': 'host-access-off',
    'container-log-size': 'host-access-off',
    hostname: 'host-access-off',
    'identityd-config-well-formed': 'host-access-off',
    'identityd-running': 'host-access-off',
    'keyd-config-well-formed': 'host-access-off',
    'tpmd-config-well-formed': 'host-access-off',
    'tpmd-running': 'host-access-off',
    'volatile-journal': 'host-access-off',
    'check-agent-image': 'warning',
    'container-default-connect-upstream-amqp': 'not-required',
    'container-default-connect-upstream-https': 'not-required',
    'container-default-connect-upstream-mqtt': 'ok',
    'software-out-of-service': 'ok',
    'tls-inspection': 'ok',
    'dns-consistency': 'ok',
    'inbound-ports': 'ok',
    'identity-certificate-expiry': 'host-access-off',
    'est-identity-and-bootstrap-certificate-expiry': 'host-access-off',
    'local-ca-certificate-expiry': 'host-access-off',
    'certs-preloaded': 'host-access-off',
    'certs-read': 'host-access-off',
    'key-pairs-read': 'not-supported',
    'est-server-https': 'host-access-off',
    'certs-match-private-keys': 'not-supported',
    'edge-ca-expiry': 'host-access-off',
    'edge-hub-certificate-expiry': 'unknown',
    'memory-pressure': 'ok',
    'module-restarts': 'error',
    'module-health': 'ok',
    'module-image-drift': 'ok',
    'metrics-collector': 'ignored',
    'edge-hub-queue': 'unreadable',
    'edge-hub-round-trip': 'not-supported',
    'storage-target': 'not-supported',
    'clock-jump': 'ok',
  });
  expect(head).toMatchObject({ docker_version: expect.stringMatching(/^\d+\./), os: { arch: expect.any(String) } });
  expect(checks['container-engine-logrotate']?.result.details?.[1]).toContain('edgeAgent (json-file without max-size)');
  expect(checks['container-engine-logrotate']?.result.details?.[1]).not.toContain('edgeHub');
  expect(checks['edge-agent-storage-mounted-from-host']?.additional_info).toMatchObject({
    storage_directory: '/iotedge/storage/edgeAgent',
  });

  const everything = JSON.stringify(run);
  for (const secret of [...Object.values(plantedSecrets), 'hunter2']) expect(everything).not.toContain(secret);
}, 30_000);
