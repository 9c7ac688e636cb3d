import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type SimHub, startHub } from '../../../sim/hub/hub.ts';
import { createPki, type Pki } from '../../../sim/pki.ts';
import { startWorkload, type Workload } from '../../../sim/workload.ts';

export const DEVICE = 'sim-device';
export const MODULE = 'edgeSupport';

export interface TestHub {
  readonly pki: Pki;
  readonly hub: SimHub;
  readonly workload: Workload;
  readonly edgeHost: string;
  readonly cloudHost: string;
  /** The environment IoT Edge gives a module; `via` chooses the endpoint it connects to. */
  environment(moduleId: string, via?: 'edge' | 'cloud'): Record<string, string>;
  stop(): Promise<void>;
}

/** A hub on 127.77.<net>.2 (edge) and .3 (cloud), with a workload socket. Each test file takes its own net. */
export async function startTestHub(net: number): Promise<TestHub> {
  const [edgeHost, cloudHost] = [`127.77.${net}.2`, `127.77.${net}.3`];
  const pki = await createPki();
  const hub = await startHub({
    pki,
    deviceId: DEVICE,
    hubHostName: cloudHost,
    cloud: { address: cloudHost },
    edge: { address: edgeHost, hostName: edgeHost },
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'sim-hub-'));
  const workload = await startWorkload({ socketPath: path.join(folder, 'workload.sock'), pki, hub });
  return {
    pki,
    hub,
    workload,
    edgeHost,
    cloudHost,
    environment: (moduleId, via = 'edge') => ({
      IOTEDGE_WORKLOADURI: workload.uri,
      IOTEDGE_DEVICEID: DEVICE,
      IOTEDGE_MODULEID: moduleId,
      IOTEDGE_MODULEGENERATIONID: hub.register(moduleId).generationId,
      IOTEDGE_IOTHUBHOSTNAME: cloudHost,
      IOTEDGE_GATEWAYHOSTNAME: via === 'edge' ? edgeHost : cloudHost,
      IOTEDGE_AUTHSCHEME: 'sasToken',
    }),
    async stop() {
      await workload.stop();
      await hub.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until `look` gives something truthy; fails after `ms` milliseconds. */
export async function until<T>(what: string, look: () => T, ms = 5000): Promise<NonNullable<T>> {
  const end = performance.now() + ms;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
