import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { parseTcp, parseUnix } from '../../module/facts/host-sockets.ts';
import { readFacts } from '../../module/facts/index.ts';
import { hostWith } from './support/host-files.ts';
import { silentServer } from './support/servers.ts';
import { worldWith } from './support/world.ts';

test("the sockets that listen here, with the device's paths, and the ports", async () => {
  await using device = await hostWith({});
  await using port = await silentServer();
  await mkdir(device.at('/run/aziot'), { recursive: true });
  await mkdir(device.at('/var/run/iotedge'), { recursive: true });
  const paths = ['/run/aziot/keyd.sock', '/var/run/iotedge/mgmt.sock', '/run/other.sock'];
  const servers = paths.map((path) => createServer().listen(device.at(path)));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const { hostSockets } = await readFacts(['hostSockets'], worldWith({ host: device.host }));
  for (const server of servers) server.close();
  if (!('value' in hostSockets)) throw new Error(hostSockets.why);
  expect(hostSockets.value.unix).toEqual(['/run/aziot/keyd.sock', '/run/iotedge/mgmt.sock']);
  expect(hostSockets.value.tcp).toContainEqual({ address: '127.0.0.1', port: port.port });
});

test('only sockets that take connections count, and each once', () => {
  const text = [
    'Num       RefCount Protocol Flags    Type St Inode Path',
    '0000000000000000: 00000002 00000000 00010000 0001 01 21474 /run/aziot/keyd.sock',
    '0000000000000000: 00000003 00000000 00000000 0001 03 21475 /run/aziot/certd.sock',
    '0000000000000000: 00000002 00000000 00010000 0001 01 21476 /var/run/docker.sock',
    '0000000000000000: 00000002 00000000 00010000 0001 01 21477 /run/docker.sock',
    '0000000000000000: 00000002 00000000 00010000 0001 01 21478 @/run/aziot/abstract.sock',
    '0000000000000000: 00000002 00000000 00010000 0001 01 21479',
  ].join('\n');
  expect(parseUnix(text, '')).toEqual(['/run/aziot/keyd.sock', '/run/docker.sock']);
  expect(parseUnix(text, '/elsewhere')).toEqual([]);
});

test('addresses are the right way round', () => {
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:22B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0',
    '   1: 0100007F:22B3 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0',
    '   2: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0 0',
    '   3: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0 0',
  ].join('\n');
  expect(parseTcp(text)).toEqual([
    { address: '127.0.0.1', port: 8883 },
    { address: '::', port: 443 },
    { address: '2001:db8::1', port: 80 },
  ]);
});
