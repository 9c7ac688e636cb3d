/**
 * Runs all tests: `node scripts/test.ts [Jest's own arguments]`. First the unit tests, with nothing beside them: many wait for
 * milliseconds. Then the tests of the engine, which mostly wait, half of them beside the other half on an engine of their own; at
 * last, alone, those that look at what engines leave behind. The last line is the count of all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The second half of the engine's tests, which takes about as long as the rest; and those that come last. */
const second = '/test/(docker|e2e|facts|faults|methods|privilege)/';
const alone = '/test/sim/(edge|engine)\\.engine\\.test';

interface Run {
  readonly text: string;
  readonly status: number;
}

/** A run of one project to its end; what it says is passed on as it comes, or by the caller. */
async function jest(project: string, args: readonly string[], when: 'now' | 'later' = 'now'): Promise<Run> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'jest.ts'), project, '--', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (when === 'now') process.stdout.write(part);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { text, status: status ?? 1 };
}

async function everything(): Promise<Run[]> {
  const unit = await jest('unit', []);
  const [first, beside] = await Promise.all([
    jest('engine', [`--testPathIgnorePatterns=${second}|${alone}`]),
    jest('engine', [second], 'later'),
  ]);
  process.stdout.write(beside.text);
  return [unit, first, beside, await jest('engine', [alone])];
}

async function some(args: readonly string[]): Promise<Run[]> {
  const chosen = ['--passWithNoTests', ...args];
  return [await jest('unit', chosen), await jest('engine', chosen)];
}

const args = process.argv.slice(2);
const runs = args.length === 0 ? await everything() : await some(args);
// What failed is told again where whoever sees only the end of this sees it.
for (const { text, status } of runs.slice(0, -1)) {
  if (status !== 0) process.stdout.write(text.slice(text.lastIndexOf('\nRan all test suites')));
}

const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm;
const counts = runs.map(({ text }) => {
  const [, passed = 0, failed = 0, skipped = 0] = [...text.matchAll(closing)].at(-1) ?? [];
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
});
const sum = (of: 'passed' | 'failed' | 'skipped') => counts.reduce((total, one) => total + one[of], 0);
console.log(
  `\n${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`,
);
process.exitCode = runs.find(({ status }) => status !== 0)?.status ?? 0;
