import { type Engine, simLabel } from './engine.ts';
import { buildWorkloadImage } from './images.ts';

/**
 * Keeps a container on the network that stands for the way out of the device, at whose gateway the simulated cloud listens:
 * to the engine it is a network that nothing uses, which a prune takes away. It goes with everything of this run.
 */
export async function holdUplink({ docker, runId, uplink }: Engine): Promise<void> {
  const container = await docker.createContainer({
    name: `uplink-${runId}`,
    Image: await buildWorkloadImage(docker),
    Cmd: ['sleep', '3600'],
    Labels: { [simLabel]: runId },
    StopTimeout: 1,
    HostConfig: { NetworkMode: uplink.network },
  });
  await container.start();
}
