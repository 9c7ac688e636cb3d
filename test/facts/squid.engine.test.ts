import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerConnectUpstreamHttps } from '../../module/checks/container-connect-upstream-https.ts';
import { hostConnectIothubHttps } from '../../module/checks/host-connect-iothub-https.ts';
import { tlsInspection } from '../../module/checks/tls-inspection.ts';
import { readFacts } from '../../module/facts/index.ts';
import { createPki, type Pki } from '../../sim/pki.ts';
import { options } from '../checks/support/readings.ts';
import { type Authority, createAuthority, type Squid, type SquidOptions, startSquid } from '../support/squid.ts';
import { closedPort, httpsServer } from './support/servers.ts';
import { worldWith } from './support/world.ts';

let hubPki: Pki;
let corp: Authority;
let root: string;
beforeAll(async () => {
  [hubPki, corp] = [await createPki(), await createAuthority()];
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'edge-support-squid-host-'));
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A name, not an address: squid writes what it is asked for into its certificates as a DNS name. */
const hubName = 'localhost';

/** What the host and this module see of a hub behind squid; the host trusts `roots`. Modules use MQTT over WebSockets. */
async function behind(squid: SquidOptions, roots: readonly string[]) {
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), roots.join('\n'));
  await using hub = await httpsServer(await hubPki.server([hubName]));
  const refusedPorts = squid.refusedPorts ? [hub.port] : [];
  await using proxy: Squid = await startSquid({ ...squid, refusedPorts });
  const closed = await closedPort();
  const world = worldWith({
    env: { iothubHostname: hubName, httpsProxy: `http://127.0.0.1:${proxy.port}`, upstreamProtocol: 'MqttWs' },
    targets: { ports: { amqp: closed, https: hub.port, mqtt: closed } },
    host: { root, origin: '', missing: [] },
  });
  const facts = await readFacts(tlsInspection.needs, world);
  return {
    hub: `${hubName}:${hub.port}`,
    log: await proxy.log(),
    host: hostConnectIothubHttps.judge(facts, options),
    modules: containerConnectUpstreamHttps.judge(facts, options),
    inspection: tlsInspection.judge(facts, options),
  };
}

const inspect = () => ({ authority: corp, upstreamRoot: hubPki.rootCertificate });
const issuer = 'CN=Corp Proxy CA';

test('squid that lets CONNECT through: all is well, WebSockets too', async () => {
  const { host, modules, inspection, log, hub } = await behind({}, [hubPki.rootCertificate]);
  expect(host).toMatchObject({ status: 'ok', info: { proxy: expect.any(String), web_socket: { http_status: 101 } } });
  expect(modules.status).toBe('ok');
  expect(inspection.status).toBe('ok');
  expect(log).toContain(`CONNECT ${hub}`);
}, 30_000);

test('F32: squid inspects TLS and its root is unknown: the handshake is an error that names the issuer', async () => {
  const { host, inspection, hub } = await behind({ inspect: inspect() }, [hubPki.rootCertificate]);
  expect(host).toMatchObject({
    status: 'failed',
    details: [
      'Could not connect to localhost : could not complete TLS handshake',
      expect.stringContaining(`(issuer ${issuer}) could not be verified`),
    ],
    fix: expect.stringContaining(`inspects TLS to ${hub}: the certificate presented is issued by ${issuer}`),
  });
  expect(inspection).toMatchObject({ status: 'failed', fix: expect.stringContaining(`Exempt ${hub} from inspection`) });
}, 30_000);

test('squid inspects TLS and its root is trusted: HTTPS works, the inspection and broken WebSockets show', async () => {
  const roots = [hubPki.rootCertificate, corp.certificate];
  const { host, modules, inspection } = await behind({ inspect: inspect() }, roots);
  expect(host.status).toBe('ok');
  expect(modules).toMatchObject({
    status: 'failed',
    details: [expect.stringContaining('cannot open a WebSocket'), expect.stringContaining('status 400 instead of 101')],
    iotedgeCheck: 'ok',
  });
  expect(inspection).toMatchObject({ status: 'warning' });

  const passing = await behind({ inspect: inspect(), webSockets: true }, roots);
  expect(passing.modules.status).toBe('ok');
  expect(passing.inspection.status).toBe('warning');
}, 30_000);

test('squid that refuses the port says what it is to allow', async () => {
  const { host, hub } = await behind({ refusedPorts: [] }, [hubPki.rootCertificate]);
  expect(host).toMatchObject({
    status: 'failed',
    details: [expect.any(String), expect.stringContaining('answered 403 Forbidden')],
    fix: expect.stringMatching(new RegExp(`^Let the proxy .* allow CONNECT to ${hub}\\.$`)),
  });
}, 30_000);
