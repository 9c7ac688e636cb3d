import { SingleBar } from 'cli-progress';

export interface Progress {
  /** So much more is done. */
  add(amount: number): void;
  end(): void;
}

/** A bar on stderr for long work, when a person looks at it; otherwise nothing. */
export function startProgress(what: string, total: number): Progress {
  if (!process.stderr.isTTY || total === 0) return { add: () => undefined, end: () => undefined };
  const format = `${what} [{bar}] {percentage} % | {eta} s left`;
  const bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true, etaBuffer: 50 });
  bar.start(total, 0);
  return { add: (amount) => bar.increment(amount), end: () => bar.stop() };
}
