import { Worker } from 'node:worker_threads';

export interface Matcher {
  /** One byte per text: 1 where the pattern is found. Ask for one batch at a time. */
  match(texts: readonly string[], signal: AbortSignal): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** How long the pattern may think about one batch (some 64 KB of lines), ms. Usual patterns take a few. */
const batchLimit = 2000;

/**
 * What the thread runs; a text, because the module ships as one file. The V8 flag makes a pattern that backtracks too
 * much go on in V8's linear engine, which leaves the time limit to the few constructs that engine does not know.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
require('node:v8').setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
const regex = new RegExp(workerData.source, workerData.flags);
parentPort.on('message', (texts) => {
  parentPort.postMessage(Uint8Array.from(texts, (text) => (regex.test(text) ? 1 : 0)));
});
`;

/** Starts the thread. `tooSlow` makes the error for a batch that took longer than its limit. */
export function createMatcher(
  { source, flags }: { readonly source: string; readonly flags: string },
  tooSlow: (ms: number, lines: number) => Error,
): Matcher {
  const worker = new Worker(program, {
    eval: true,
    workerData: { source, flags },
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 },
    env: {},
    execArgv: [],
  });
  worker.unref();

  const match: Matcher['match'] = (texts, signal) =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        act();
      };
      const onMessage = (found: Uint8Array) => settle(() => resolve(found));
      const onError = (error: unknown) => settle(() => reject(error));
      const onExit = () => settle(() => reject(new Error('The thread that runs the pattern ended.')));
      const onAbort = () => settle(() => reject(signal.reason));
      const timer = setTimeout(() => onError(tooSlow(batchLimit, texts.length)), batchLimit);
      signal.addEventListener('abort', onAbort, { once: true });
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      if (signal.aborted) onAbort();
      else worker.postMessage(texts);
    });

  return {
    match,
    close: async () => {
      await worker.terminate();
    },
  };
}
