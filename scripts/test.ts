/**
 * Runs the unit tests beside the tests of the engine, which mostly wait: `node scripts/test.ts [Jest's own arguments]`. What
 * the engine's tests say is passed on as it comes, the unit tests' behind it; the last line is the count of both.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { join } from 'node:path';

/** The engine's tests take longest, and some of them look at the clock: they go first. */
const politePriority = 10;

const rest = process.argv.slice(2);
const jest = (project: string): ChildProcess =>
  spawn(
    process.execPath,
    [join(import.meta.dirname, 'jest.ts'), project, '--', ...(rest.length > 0 ? ['--passWithNoTests'] : []), ...rest],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
    },
  );

/** All that a child says, passed on by `tell`; its end. */
async function ended(child: ChildProcess, tell: (text: string) => void): Promise<{ text: string; status: number }> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      tell(part);
    });
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { text, status: status ?? 1 };
}

const unit = jest('unit');
if (unit.pid !== undefined) setPriority(unit.pid, politePriority);
const engine = jest('engine');
const behind = ended(unit, () => undefined);
const first = await ended(engine, (text) => process.stdout.write(text));
const second = await behind;
process.stdout.write(`\n${second.text}`);
// What failed is told again where whoever sees only the end of this sees it.
if (first.status !== 0) process.stdout.write(first.text.slice(first.text.lastIndexOf('\nRan all test suites')));

const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm;
const counts = [first, second].map(({ text }) => {
  const [, passed = 0, failed = 0, skipped = 0] = [...text.matchAll(closing)].at(-1) ?? [];
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
});
const sum = (of: 'passed' | 'failed' | 'skipped') => counts.reduce((total, one) => total + one[of], 0);
console.log(
  `\n${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`,
);
process.exitCode = first.status || second.status;
