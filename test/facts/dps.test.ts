import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostConnectDpsEndpoint } from '../../module/checks/host-connect-dps-endpoint.ts';
import { readFacts } from '../../module/facts/index.ts';
import { createPki } from '../../sim/pki.ts';
import { options } from '../checks/support/readings.ts';
import { closedPort, httpsServer, proxyServer } from './support/servers.ts';
import { worldWith } from './support/world.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'edge-support-dps-'));
  await mkdir(join(root, 'etc/aziot/identityd/config.d'), { recursive: true });
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

const config = (text: string, file = 'config.d/00-super.toml') =>
  writeFile(join(root, 'etc/aziot/identityd', file), text);

async function judge(env: Parameters<typeof worldWith>[0]['env'] = {}, missing: readonly string[] = []) {
  const world = worldWith({ env, host: { root, origin: '', missing } });
  const { dps } = await readFacts(['dps'], world, { limitMs: 2000 });
  return { reading: dps, verdict: hostConnectDpsEndpoint.judge({ dps }, options) };
}

test('F33: with manual provisioning it does not apply', async () => {
  await config('[provisioning]\nsource = "manual"\niothub_hostname = "hub.example"\n');
  expect((await judge()).verdict).toMatchObject({ status: 'ignored', why: expect.stringContaining('manual') });
});

test("the endpoint of the last file counts, and is verified against the host's store", async () => {
  const pki = await createPki();
  await using endpoint = await httpsServer(await pki.server(['127.0.0.1']));
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), pki.rootCertificate);
  await config('[provisioning]\nsource = "dps"\nglobal_endpoint = "https://dps.invalid"\n', 'config.toml');
  await config(`[provisioning]\nglobal_endpoint = "https://user:hunter2@127.0.0.1:${endpoint.port}/"\n`);
  const { verdict, reading } = await judge();
  expect(verdict).toMatchObject({
    status: 'ok',
    info: {
      dps_endpoint: `https://127.0.0.1:${endpoint.port}/`,
      dps_hostname: '127.0.0.1',
      proxy: null,
      trust_store: "the host's /etc/ssl/certs/ca-certificates.crt (1 certificate)",
    },
  });
  expect(JSON.stringify(reading)).not.toContain('hunter2');
});

test('through a proxy that refuses, with what it is to allow', async () => {
  await using proxy = await proxyServer({ user: 'edge:secret' });
  await config('[provisioning]\nsource = "dps"\nglobal_endpoint = "https://dps.invalid/"\n');
  expect((await judge({ httpsProxy: `http://127.0.0.1:${proxy.port}` })).verdict).toMatchObject({
    status: 'failed',
    details: [
      'Could not connect to dps.invalid : could not complete TLS handshake',
      expect.stringContaining('answered 407'),
    ],
    fix: expect.stringContaining('aziot-identityd'),
  });
});

test('a closed port and an unknown name are errors that say the next step', async () => {
  const closed = await closedPort();
  await config(`[provisioning]\nsource = "dps"\nglobal_endpoint = "https://127.0.0.1:${closed}"\n`);
  expect((await judge()).verdict).toMatchObject({
    status: 'failed',
    fix: expect.stringContaining(`firewall rule that allows outgoing TCP from the device to 127.0.0.1:${closed}`),
  });
  await config('[provisioning]\nsource = "dps"\nglobal_endpoint = "https://dps.invalid"\n');
  expect((await judge()).verdict).toMatchObject({ status: 'failed', fix: expect.stringContaining('name servers') });
});

test('an endpoint without a host is the error of the original', async () => {
  await config('[provisioning]\nsource = "dps"\nglobal_endpoint = "file:///x"\n');
  expect((await judge()).verdict).toMatchObject({
    status: 'failed',
    details: ['URL specified in provisioning.global_endpoint does not have a host'],
  });
});

test('what cannot be known is a skip with its reason, without any text of the file', async () => {
  expect((await judge()).verdict).toMatchObject({ status: 'skipped', reason: 'unknown' });
  expect((await judge({}, ['/etc/aziot'])).verdict).toMatchObject({ status: 'skipped', reason: 'mount-missing' });
  await config('hunter2 = = "x"\n');
  const { verdict } = await judge();
  expect(verdict).toMatchObject({ status: 'skipped', reason: 'unreadable' });
  expect(JSON.stringify(verdict)).not.toContain('hunter2');
});
