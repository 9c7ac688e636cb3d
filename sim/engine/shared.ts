import { once } from 'node:events';
import { createServer } from 'node:net';
import type Docker from 'dockerode';

import { removeImages, removeLabelled } from './labelled.ts';
import { imageLabel, ownerLabel, simLabel } from './labels.ts';
import { createNetwork, type EngineNetwork } from './networks.ts';

export interface SharedEngine {
  readonly edge: EngineNetwork;
  readonly uplink: EngineNetwork;
  stop(): Promise<void>;
}

/**
 * Prepares an engine that others use too. Touches only what carries our label, and throws when IoT Edge runs there,
 * because our containers and network bear the same names.
 */
export async function useSharedEngine(docker: Docker, runId: string): Promise<SharedEngine> {
  const managed = await docker.listContainers({ all: true, filters: { label: [ownerLabel] } });
  const foreign = managed.find(({ Labels }) => !(simLabel in Labels));
  if (foreign) {
    throw new Error(
      `IoT Edge runs on this Docker engine (container ${foreign.Names[0] ?? foreign.Id}): the local IoT Edge does not start beside it.`,
    );
  }
  const networks = await docker.listNetworks({ filters: { name: ['azure-iot-edge'] } });
  const network = networks.find(({ Name }) => Name === 'azure-iot-edge');
  if (network && !(simLabel in (network.Labels ?? {}))) {
    throw new Error(
      'This Docker engine has a network azure-iot-edge that is not ours: the local IoT Edge does not start beside it.',
    );
  }
  const [running] = await docker.listContainers({ filters: { label: [simLabel], status: ['running', 'restarting'] } });
  if (running) {
    throw new Error(
      `Another local IoT Edge (run ${running.Labels[simLabel]}) uses this Docker engine; stop it first, or remove its containers.`,
    );
  }
  await removeLabelled(docker, simLabel);
  try {
    const edge = await createNetwork(docker, 'azure-iot-edge', runId);
    const uplink = await createNetwork(docker, 'edge-support-uplink', runId);
    for (const { gateway } of [edge, uplink]) await requireListening(gateway);
    const stop = async () => {
      await removeLabelled(docker, `${simLabel}=${runId}`);
      await removeImages(docker, imageLabel);
    };
    return { edge, uplink, stop };
  } catch (error) {
    await removeLabelled(docker, `${simLabel}=${runId}`);
    throw error;
  }
}

/** IoT Hub's HTTPS port. */
const hubPort = 443;

/** A bridge without containers is missing from os.networkInterfaces(), so the question is put by listening there. */
async function requireListening(gateway: string): Promise<void> {
  const server = createServer().listen(hubPort, gateway);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(reason(gateway, error as NodeJS.ErrnoException), { cause: error });
  } finally {
    server.close();
  }
}

function reason(gateway: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRNOTAVAIL') {
    return `The Docker engine runs on another machine or in a virtual machine (its gateway ${gateway} is not an address here); the local IoT Edge needs one on this Linux machine.`;
  }
  if (error.code === 'EACCES') {
    return `The simulated hub may not listen on port ${hubPort}: run as root, or allow it with sysctl net.ipv4.ip_unprivileged_port_start=${hubPort}.`;
  }
  return `The simulated hub cannot listen on port ${hubPort} of ${gateway}: ${error.message}.`;
}
