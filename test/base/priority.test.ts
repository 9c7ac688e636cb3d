import { execFileSync } from 'node:child_process';
import { getPriority } from 'node:os';

// In a process of its own: a priority that was lowered stays so.
const program = `
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { lowerPool } from './module/base/priority.ts';
await lowerPool();
const threads = readdirSync('/proc/self/task').map((id) => [readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim(), getPriority(Number(id))]);
console.log(JSON.stringify(threads));
`;

test('the thread pool goes behind everything else, the thread that answers calls does not', () => {
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  const threads = JSON.parse(said) as [string, number][];
  const pool = threads.filter(([name]) => name === 'libuv-worker');
  expect(pool.length).toBeGreaterThan(0);
  expect(pool.map(([, priority]) => priority)).toEqual(pool.map(() => 10));
  // Else the next line could not fail: run with an ordinary priority.
  expect(getPriority()).toBeLessThan(10);
  expect(threads.find(([name]) => name === 'node-MainThread')).toEqual(['node-MainThread', getPriority()]);
});
