import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startHub } from '../../../sim/hub/hub.ts';
import { createPki } from '../../../sim/pki.ts';
import { startWorkload } from '../../../sim/workload.ts';
import { DEVICE, type TestHub } from '../../sim/support/hub.ts';

/** A hub in a network that lets nothing through but port 443: under its names only that port answers. */
export async function startNarrowHub(number: number): Promise<TestHub> {
  const address = (last: number) => `127.77.${number}.${last}`;
  const [edgeHost, cloudHost] = [address(4), address(5)];
  const pki = await createPki();
  const hub = await startHub({
    pki,
    deviceId: DEVICE,
    hubHostName: cloudHost,
    cloud: { address: address(3) },
    edge: { address: address(2), hostName: edgeHost },
  });
  const relays = [relay(edgeHost, address(2)), relay(cloudHost, address(3))];
  const folder = await mkdtemp(path.join(tmpdir(), 'sim-hub-'));
  const workload = await startWorkload({ socketPath: path.join(folder, 'workload.sock'), pki, hub });
  return {
    pki,
    hub,
    workload,
    edgeHost,
    cloudHost,
    environment: (moduleId) => ({
      IOTEDGE_WORKLOADURI: workload.uri,
      IOTEDGE_DEVICEID: DEVICE,
      IOTEDGE_MODULEID: moduleId,
      IOTEDGE_MODULEGENERATIONID: hub.register(moduleId).generationId,
      IOTEDGE_IOTHUBHOSTNAME: cloudHost,
      IOTEDGE_GATEWAYHOSTNAME: edgeHost,
      IOTEDGE_AUTHSCHEME: 'sasToken',
    }),
    async stop() {
      for (const one of relays) await one.stop();
      await workload.stop();
      await hub.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function relay(from: string, to: string) {
  const sockets = new Set<net.Socket>();
  const keep = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = net.createServer((inner) => {
    const outer = keep(net.connect(443, to));
    keep(inner).pipe(outer).pipe(inner);
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
  });
  server.listen(443, from);
  return {
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
