/** npm passes on the Ctrl-C that the terminal has sent us already: what comes so soon after the first is the same one. */
const sameMs = 2000;

/**
 * A signal that is aborted by the first Ctrl-C, SIGTERM or SIGHUP, so that what was started can be stopped in order.
 * A later one ends the process at once; what it leaves behind, the next start removes.
 */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted && performance.now() - first > sameMs) process.exit(130);
      if (controller.signal.aborted) return;
      first = performance.now();
      controller.abort(new Error(`interrupted by ${name}`));
    });
  }
  return controller.signal;
}
