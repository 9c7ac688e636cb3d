import { SupportError } from '../base/errors.ts';
import { sleep } from '../base/time.ts';
import type { Docker } from './docker.ts';

/** Reasons that pass when an engine is being restarted. */
const passing = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE']);

export interface Patience {
  /** How long all calls together may wait for the engine; milliseconds. */
  readonly budgetMs?: number;
  /** Between two tries; milliseconds. */
  readonly everyMs?: number;
}

/**
 * The engine for work in the background: a call that finds nobody there is made again until the engine is back, so that
 * a restart of the engine does not empty a bundle. Only calls that read; a restart of a module is not repeated.
 */
export function patientDocker(docker: Docker, { budgetMs = 60_000, everyMs = 1000 }: Patience = {}): Docker {
  let left = budgetMs;
  const patiently = async <T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (left <= 0 || signal.aborted || !passes(error, docker)) throw error;
        left -= everyMs;
        await sleep(everyMs, signal);
      }
    }
  };
  return {
    ...docker,
    version: (signal) => patiently(signal, () => docker.version(signal)),
    info: (signal) => patiently(signal, () => docker.info(signal)),
    modules: (signal) => patiently(signal, () => docker.modules(signal)),
    inspect: (name, signal) => patiently(signal, () => docker.inspect(name, signal)),
    logs: (name, query, signal) => patiently(signal, () => docker.logs(name, query, signal)),
    events: (since, until, signal) => patiently(signal, () => docker.events(since, until, signal)),
    stats: (name, signal) => patiently(signal, () => docker.stats(name, signal)),
    report: (what, signal) => patiently(signal, () => docker.report(what, signal)),
    rawStats: (name, signal) => patiently(signal, () => docker.rawStats(name, signal)),
    imageId: (name, signal) => patiently(signal, () => docker.imageId(name, signal)),
    networks: (signal) => patiently(signal, () => docker.networks(signal)),
    network: (name, signal) => patiently(signal, () => docker.network(name, signal)),
    distribution: (image, signal) => patiently(signal, () => docker.distribution(image, signal)),
  };
}

function passes(error: unknown, { answered = () => true }: Docker): boolean {
  if (!(error instanceof SupportError) || error.code !== 'unavailable') return false;
  const { code } = (error.cause ?? {}) as { readonly code?: unknown };
  // A socket that never was there was not bound, and will not be.
  if (code === 'ENOENT' && !answered()) return false;
  return passing.has(String(code));
}
