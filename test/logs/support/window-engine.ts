import type { Docker, LogQuery } from '../../../module/docker/docker.ts';
import { noEngine } from '../../../module/docker/no-engine.ts';
import { frame } from './frames.ts';
import { answer, inspected, type Logged } from './json-file.ts';

export interface WindowEngine extends Docker {
  readonly asked: LogQuery[];
  /** Blocks of every answer that were taken. */
  readonly taken: number[];
}

/** An engine with one log that may grow between two questions; it answers as Docker 20.10 does. */
export function windowEngine(
  log: () => readonly Logged[],
  { tty = false, driver = 'json-file', config = {} as Record<string, string> } = {},
): WindowEngine {
  const asked: LogQuery[] = [];
  const taken: number[] = [];
  return {
    ...noEngine('This engine has only a log.'),
    asked,
    taken,
    address: 'unix:///memory',
    inspect: async () => inspected(driver, config),
    async logs(_name, query) {
      const index = asked.push(query) - 1;
      taken.push(0);
      const lines = answer(log(), query);
      const blocks = Array.from({ length: Math.ceil(lines.length / 10) }, (_, block) =>
        Buffer.concat(
          lines.slice(block * 10, block * 10 + 10).map(({ text, stream, time }) => {
            const stamp = `${time.replace(/(?:\.(\d+))?Z$/, (_all, digits = '') => `.${digits.padEnd(9, '0')}Z`)} `;
            const bytes = Buffer.from((query.timestamps ? stamp : '') + text);
            return tty ? bytes : frame(stream === 'stdout' ? 1 : 2, bytes);
          }),
        ),
      );
      const body = async function* () {
        for (const block of blocks) {
          taken[index] = (taken[index] ?? 0) + 1;
          yield block;
        }
      };
      return { tty, body: body() };
    },
  };
}
