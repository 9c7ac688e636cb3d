import { messageOf } from '../base/errors.ts';
import { createWorkload } from '../hub/workload.ts';
import { type Fact, Unavailable } from './fact.ts';

/**
 * What the workload API did for this module. edged has it done by identityd and keyd (a signature) and by certd (the
 * trust bundle), so that it tells of daemons which cannot be looked at.
 */
export interface WorkloadReading {
  readonly signed: boolean;
  readonly trustBundle: boolean;
  /** Why not, for each that failed. */
  readonly problems: readonly string[];
}

export const workload: Fact<WorkloadReading> = {
  about: 'Asking the workload API',
  async read({ env }, signal, limitMs) {
    const { workloadUri, generationId, moduleId, apiVersion } = env;
    if (workloadUri === undefined || generationId === undefined) {
      throw new Unavailable('not-supported', 'This module was not started by IoT Edge: it has no workload API.');
    }
    const api = createWorkload({
      uri: workloadUri,
      moduleId,
      generationId,
      ...(apiVersion === undefined ? {} : { apiVersion }),
      limitMs: limitMs * 0.8,
    });
    const [signed, bundle] = await Promise.allSettled([
      api.sign(Buffer.from('check'), signal),
      api.trustBundle(signal),
    ]);
    signal.throwIfAborted();
    const problems = [signed, bundle].flatMap((one) => (one.status === 'rejected' ? [messageOf(one.reason)] : []));
    return { signed: signed.status === 'fulfilled', trustBundle: bundle.status === 'fulfilled', problems };
  },
};
