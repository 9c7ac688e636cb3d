import type { Docker, LogQuery } from '../../../module/docker/docker.ts';
import { noEngine } from '../../../module/docker/no-engine.ts';
import { cutAt, frame, streamed } from './frames.ts';

export interface LoggedLine {
  /** The engine's timestamp with nine digits of fraction. */
  readonly ts: string;
  readonly stream: string;
  readonly raw: string;
}

/** An engine with one log, of which it answers queries as Docker 20.10 does: first the tail, then the window. */
export function logEngine(log: readonly LoggedLine[], cuts: readonly number[] = []): Docker & { asked: LogQuery[] } {
  const asked: LogQuery[] = [];
  const logs: Docker['logs'] = async (_name, query) => {
    asked.push(query);
    const { since = 0, until = 0, tail, timestamps } = query;
    const seconds = ({ ts }: LoggedLine) => Date.parse(ts) / 1000;
    const body = (tail === undefined ? log : tail === 0 ? [] : log.slice(-tail))
      .filter((line) => seconds(line) >= since && (until === 0 || seconds(line) <= until))
      .map(({ ts, stream, raw }) => frame(stream === 'stderr' ? 2 : 1, timestamps ? `${ts} ${raw}` : raw));
    return { tty: false, body: streamed(cutAt(Buffer.concat(body), cuts)) };
  };
  return {
    ...noEngine('This engine has only a log.'),
    asked,
    address: 'memory',
    logs,
  };
}
