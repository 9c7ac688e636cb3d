/**
 * Runs all tests, two things at a time: `node scripts/test.ts [Jest's own arguments]`. Most tests of the engine, which mostly
 * wait, run beside the unit tests; more of them, on an engine of their own, when the unit tests are over; at last, alone, those that
 * look at what engines leave behind. What the first say is passed on as it comes, the others' behind it; the last line is the
 * count of all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { join } from 'node:path';

/** The engine's tests that come after the unit tests, so that both ways take about as long; and those that come last. */
const later = '/test/(e2e|methods)/';
const alone = '/test/sim/(edge|engine)\\.engine\\.test';

/**
 * The engine's tests take longest, and some of them look at the clock: they go before the unit tests. Not as low as the module puts
 * its thread pool, which a test tells from its own priority.
 */
const politePriority = 5;

interface Run {
  readonly text: string;
  readonly status: number;
}

/** A run of one project to its end; `tell` gets what it says. */
async function jest(project: string, args: readonly string[], tell: (text: string) => void): Promise<Run> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'jest.ts'), project, '--', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
  });
  if (project === 'unit' && child.pid !== undefined) setPriority(child.pid, politePriority);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      tell(part);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { text, status: status ?? 1 };
}

const chosen = process.argv.slice(2);
const all = chosen.length === 0;
const args = all ? [] : ['--passWithNoTests', ...chosen];
const quiet = () => undefined;

async function others(): Promise<Run[]> {
  const unit = await jest('unit', args, quiet);
  return all ? [unit, await jest('engine', [later], quiet)] : [unit];
}

const behind = others();
const first = await jest('engine', all ? [`--testPathIgnorePatterns=${later}|${alone}`] : args, (text) =>
  process.stdout.write(text),
);
const runs = [first, ...(await behind), ...(all ? [await jest('engine', [alone], quiet)] : [])];
for (const { text } of runs.slice(1)) process.stdout.write(`\n${text}`);
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
