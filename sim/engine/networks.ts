import type Docker from 'dockerode';

import type { NetworkPlan } from './addresses.ts';
import { simLabel } from './labels.ts';

/** A network of the engine whose gateway address host processes can listen on. */
export interface EngineNetwork {
  readonly network: string;
  readonly gateway: string;
  readonly subnet: string;
}

/** Makes a bridge network. Without a plan the engine chooses the addresses. */
export async function createNetwork(
  docker: Docker,
  name: string,
  runId: string,
  plan?: NetworkPlan,
): Promise<EngineNetwork> {
  await docker.createNetwork({
    Name: name,
    Driver: 'bridge',
    CheckDuplicate: true,
    Labels: { [simLabel]: runId },
    ...(plan
      ? {
          IPAM: { Driver: 'default', Config: [{ Subnet: plan.subnet, Gateway: plan.gateway }] },
          Options: { 'com.docker.network.bridge.name': plan.bridgeName },
        }
      : {}),
  });
  const made = (await docker.getNetwork(name).inspect()) as {
    IPAM?: { Config?: { Subnet?: string; Gateway?: string }[] };
  };
  const config = made.IPAM?.Config?.find((entry) => entry.Gateway);
  if (!config?.Gateway || !config.Subnet) throw new Error(`The engine gave network ${name} no gateway address.`);
  return { network: name, gateway: config.Gateway, subnet: config.Subnet };
}
