import { startTestEdge } from '../support/local-edge.ts';
import type { CompleteEdge } from './state.ts';

/** When the SAS of the settings ends: late enough that nobody need be told. */
export const inAMonth = () => new Date(Date.now() + 30 * 86_400_000);

/** A device that has everything checks look at, in good order, with our module running in a container. */
export async function startCompleteEdge(): Promise<CompleteEdge> {
  const edge = await startTestEdge({ complete: true });
  try {
    const { site, workloads, hub, blob, moduleId } = edge;
    if (!site || !workloads) throw new Error('A complete device has a site and workloads.');
    hub.register(moduleId);
    hub.patchDesired(moduleId, { storage: { sasUrl: blob.containerSasUrl({ expiresOn: inAMonth() }) } });
    let module = await edge.startModule({ as: 'container' });
    const restartModule = async (env = {}) => {
      await module.stop();
      module = await edge.startModule({ as: 'container', env });
    };
    return { ...edge, site, workloads, restartModule };
  } catch (error) {
    await edge.stop();
    throw error;
  }
}
