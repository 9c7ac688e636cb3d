/** What one upload took; sizes in bytes. */
export interface UploadReport {
  readonly seconds: number;
  readonly lines: number;
  /** Of the log itself. */
  readonly bytes: number;
  /** After compression. */
  readonly uploaded: number;
  readonly cpuSeconds: number;
  readonly maxRss: number;
  /** The container's peak as its limit sees it; null where the kernel does not tell. */
  readonly cgroupPeak: number | null;
  /** The longest time in which the event loop could not answer. */
  readonly longestBlockMs: number;
}

/** The middle value; of an even number of them the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
