import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hostConnectIothubHttps } from '../../module/checks/host-connect-iothub-https.ts';
import type { Environment } from '../../module/config/environment.ts';
import { readFacts } from '../../module/facts/index.ts';
import { createPki, type Pki } from '../../sim/pki.ts';
import { options } from '../checks/support/readings.ts';
import { closedPort, httpsServer } from './support/servers.ts';
import { worldWith } from './support/world.ts';

let root: string;
let pki: Pki;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'edge-support-host-'));
  pki = await createPki();
});
afterEach(() => rm(root, { recursive: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

async function world(https: number, env: Partial<Environment> = {}) {
  const closed = await closedPort();
  const targets = { ports: { amqp: closed, https, mqtt: closed } };
  return worldWith({ env, targets, host: { root, origin: '', missing: [] } });
}

test.each([
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
])("the host's own store counts: %s", async (path) => {
  const other = await createPki();
  await put(path, `# two roots\n${other.rootCertificate}\n${pki.rootCertificate}\n`);
  await using hub = await httpsServer(await pki.server(['127.0.0.1']));
  const { hostUpstream } = await readFacts(['hostUpstream'], await world(hub.port));
  expect(hostUpstream).toMatchObject({
    value: { trustStore: `the host's ${path} (2 certificates)`, dials: { https: { tls: { verified: true } } } },
  });
});

test("without a store of the host's it is Node's, and the reading says so", async () => {
  await using hub = await httpsServer(await pki.server(['127.0.0.1']));
  const { hostUpstream } = await readFacts(['hostUpstream'], await world(hub.port));
  expect(hostUpstream).toMatchObject({
    value: {
      trustStore: expect.stringMatching(
        /^the roots bundled with Node\.js .* \(the host's own trust store was not found\)$/,
      ),
      dials: { https: { tls: { verified: false } } },
    },
  });
});

test("F30: the hub's name comes from the environment, so a device of DPS is checked too", async () => {
  await put('/etc/ssl/certs/ca-certificates.crt', pki.rootCertificate);
  await put('/etc/aziot/identityd/config.toml', '[provisioning]\nsource = "dps"\n');
  await using hub = await httpsServer(await pki.server(['127.0.0.1']));
  const facts = await readFacts(hostConnectIothubHttps.needs, await world(hub.port, { iothubHostname: '127.0.0.1' }));
  expect(hostConnectIothubHttps.judge(facts, options)).toMatchObject({
    status: 'ok',
    info: { port_number: hub.port, iothub_hostname: '127.0.0.1' },
  });
});
