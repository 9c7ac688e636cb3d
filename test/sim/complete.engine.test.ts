import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';

import type { LocalEdge } from '../../sim/edge.ts';
import { run } from '../../sim/engine/run.ts';
import { blockCloud } from '../../sim/firewall.ts';
import { agentRepository } from '../../sim/registry.ts';
import { siteHubName } from '../../sim/site.ts';
import { versions } from '../../sim/versions.ts';
import { startTestEdge } from '../support/local-edge.ts';

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startTestEdge({ complete: true });
}, 60_000);
afterAll(() => edge?.stop(), 30_000);

const site = () => {
  if (!edge.site) throw new Error('A complete device has a site.');
  return edge.site;
};

/** What a command prints in a container of the device. */
async function inside(network: 'host' | 'bridge' | 'azure-iot-edge', command: string): Promise<string> {
  const { docker } = edge.engine;
  const container = await docker.createContainer({
    Image: 'edge-support-sim/workload:latest',
    Cmd: ['sh', '-c', command],
    HostConfig: { NetworkMode: network },
  });
  try {
    await container.start();
    await container.wait();
    return (await container.logs({ stdout: true, stderr: true })).toString();
  } finally {
    await container.remove({ force: true });
  }
}

const lookUp = `timeout 2 nslookup ${siteHubName} || echo nothing`;

test('the hub has a name on every network of the device, and the host can be told apart', async () => {
  const { dns } = site();
  const { gateway } = edge.engine.uplink;
  for (const network of ['host', 'bridge', 'azure-iot-edge'] as const)
    expect(await inside(network, lookUp)).toContain(`Address: ${gateway}`);
  const [edges, bridge] = [edge.engine.edge.gateway, gateway.replace(/\d+\.\d+$/, '')];
  try {
    dns.silentFor = [edges.replace(/\d+$/, ''), `${bridge}${Number(edges.split('.')[2]) - 1}.`];
    expect(await inside('host', lookUp)).toContain(`Address: ${gateway}`);
    expect(await inside('bridge', lookUp)).toContain('nothing');
    expect(await inside('azure-iot-edge', lookUp)).toContain('nothing');
    dns.silentFor = [];
    dns.names.delete(siteHubName);
    expect(await inside('bridge', lookUp)).toContain('NXDOMAIN');
  } finally {
    dns.silentFor = [];
    dns.names.set(siteHubName, [gateway]);
  }
  expect(await inside('bridge', lookUp)).toContain(`Address: ${gateway}`);
}, 30_000);

test('a firewall rule drops one port for one network, and is gone when taken back', async () => {
  const { gateway } = edge.engine.uplink;
  const reach = (port: number) => `timeout 1 nc ${gateway} ${port} </dev/null && echo open || echo dropped`;
  const undo = await blockCloud(edge.engine, { protocol: 'tcp', port: 8883, from: edge.engine.edge.subnet });
  try {
    expect(await inside('azure-iot-edge', `${reach(8883)}; ${reach(5671)}`)).toMatch(/dropped[\s\S]*open/);
    expect(await inside('bridge', reach(8883))).toContain('open');
  } finally {
    await undo();
  }
  expect(await inside('azure-iot-edge', reach(8883))).toContain('open');
  expect(await run('iptables', ['-w', '5', '-S', 'INPUT'])).not.toContain(edge.engine.runId);
}, 30_000);

test('the engine finds edgeAgent in the registry, and does not when it is gone from there', async () => {
  const { registry } = edge;
  const agentImage = `${registry.host}/${agentRepository}`;
  const ask = () => edge.engine.docker.getImage(agentImage).distribution() as Promise<{ Platforms: unknown[] }>;
  expect((await ask()).Platforms).toContainEqual({ architecture: 'amd64', os: 'linux' });
  registry.images.clear();
  await expect(ask()).rejects.toThrow('manifest unknown');
  registry.images.add(agentRepository);
  await ask();
});

test("edgeHub's container serves metrics, and values can be planted", async () => {
  const { NetworkSettings } = await edge.engine.docker.getContainer('edgeHub').inspect();
  const address = NetworkSettings.Networks['azure-iot-edge']?.IPAddress;
  const queue = 'edgehub_queue_length{endpoint="iothub",priority="2000000000"}';
  const read = async () => (await fetch(`http://${address}:9600/metrics`)).text();
  expect(await read()).toMatch(/^edgehub_queue_length\{.*endpoint="iothub",priority="2000000000"\} 0$/m);
  await site().metrics.set('edgeHub', queue, 12345);
  expect(await read()).toMatch(/^edgehub_queue_length\{.*\} 12345$/m);
  expect(await read()).not.toMatch(/^edgehub_queue_length\{.*\} 0$/m);
  await site().metrics.set('edgeHub', queue, 0);
});

test("the daemons' sockets take connections; edged's answers, hangs and fails", async () => {
  const { sockets } = site();
  const keyd = join(edge.host.hostRoot, 'run/aziot/keyd.sock');
  const connects = async () => {
    const socket = connect(keyd);
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  };
  expect(await connects()).toBe(true);
  const again = await sockets.stopDaemon('keyd');
  expect(await connects()).toBe(false);
  await again();
  expect(await connects()).toBe(true);

  const ask = (path: string) =>
    new Promise<{ status: number | undefined; body: unknown }>((resolve, reject) => {
      const asked = request({ socketPath: sockets.managementPath, path: `${path}?api-version=2018-06-28` }, (answer) =>
        answer.toArray().then((parts) => resolve({ status: answer.statusCode, body: JSON.parse(parts.join('')) })),
      );
      asked.on('error', reject).end();
    });
  expect((await ask('/systeminfo')).body).toMatchObject({ version: versions['aziot-edge'] });
  expect((await ask('/modules')).body).toMatchObject({ modules: expect.arrayContaining([expect.anything()]) });
  sockets.management.status = 500;
  expect((await ask('/modules')).status).toBe(500);
  sockets.management.status = undefined;
  sockets.management.hang = true;
  expect(await Promise.race([ask('/modules'), delay(300, 'silence')])).toBe('silence');
  sockets.management.hang = false;
});

test('the files of the host are older and newer as after `iotedge config apply`, and name what there is', async () => {
  const at = (path: string) => join(edge.host.hostRoot, path);
  const changed = async (path: string) => (await stat(at(path))).mtimeMs;
  const edited = await changed('etc/aziot/config.toml');
  for (const daemon of ['keyd', 'certd', 'tpmd', 'identityd', 'edged'])
    expect(await changed(`etc/aziot/${daemon}/config.d/00-super.toml`)).toBeGreaterThan(edited);
  expect(await readFile(at('etc/aziot/config.toml'), 'utf8')).toContain(`image = "${edge.registry.host}/`);
  expect(await readFile(at('var/lib/dpkg/status'), 'utf8')).toContain('Package: aziot-edge\n');
  const roots = await readFile(at('etc/ssl/certs/ca-certificates.crt'), 'utf8');
  expect(new X509Certificate(roots).subject).toBe('CN=Simulated IoT Edge Root CA');
});

test("the hub presents another certificate, and its operators' own way sees nothing of it", async () => {
  const other = await edge.pki.server([siteHubName], { notAfter: new Date(Date.now() - 3_600_000), issuer: 'root' });
  const presented = async () => {
    const socket = tlsConnect({
      host: edge.engine.uplink.gateway,
      port: 8883,
      servername: siteHubName,
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    const { valid_to } = socket.getPeerCertificate();
    socket.destroy();
    return Date.parse(valid_to);
  };
  expect(await presented()).toBeGreaterThan(Date.now());
  edge.hub.faults.present('cloud', other);
  expect(await presented()).toBeLessThan(Date.now());
  await expect(edge.invoke('Ping')).rejects.toThrow('404010');
  edge.hub.faults.present('cloud');
  expect(await presented()).toBeGreaterThan(Date.now());
});
