import type { ContainerInspect } from '../../../module/docker/docker.ts';

/** One entry of a json-file log. */
export interface Logged {
  readonly text: string;
  readonly stream: 'stdout' | 'stderr';
  /** RFC 3339 with a `Z`. */
  readonly time: string;
}

export const containerId = 'c0ffee'.repeat(11).slice(0, 64);

/** A line as the engine writes it: beside what JSON needs, it escapes `<`, `>`, `&` and two line separators. */
export function jsonLine({ text, stream, time }: Logged): string {
  const log = JSON.stringify(Buffer.from(text).toString()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `{"log":${log},"stream":"${stream}","time":"${time}"}\n`;
}

/** Unix seconds as the engine writes times: without zeros at the end of the fraction. */
export function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.?0+Z$/, 'Z');
}

/** What the engine answers: first the tail, then lines from `since` on, up to the first that is later than `until`. */
export function answer(
  log: readonly Logged[],
  { since, until, tail }: { since?: number | undefined; until?: number | undefined; tail?: number | undefined },
): readonly Logged[] {
  const seconds = ({ time }: Logged) => Date.parse(time) / 1000;
  const tailed = tail === undefined ? log : log.slice(Math.max(0, log.length - tail));
  const recent = tailed.filter((line) => since === undefined || seconds(line) >= since);
  const late = until === undefined ? -1 : recent.findIndex((line) => seconds(line) > until);
  return late < 0 ? recent : recent.slice(0, late);
}

/** An inspect answer with what reading a log looks at. */
export function inspected(driver: string, config: Record<string, string> = {}): ContainerInspect {
  return {
    Id: containerId,
    Name: '/m1',
    LogPath: driver === 'json-file' ? `/var/lib/docker/containers/${containerId}/${containerId}-json.log` : '',
    State: { Running: true, StartedAt: '2026-01-01T00:00:00Z', FinishedAt: '0001-01-01T00:00:00Z' },
    Config: { Tty: false },
    HostConfig: { LogConfig: { Type: driver, Config: config } },
  } as unknown as ContainerInspect;
}
