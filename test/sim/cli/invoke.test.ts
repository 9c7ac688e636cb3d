import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs the command as `npm run invoke` does. */
function invoke(...args: string[]): { status: number | null; stderr: string } {
  const file = join(import.meta.dirname, '../../../sim/cli/invoke.ts');
  return spawnSync(process.execPath, [file, ...args], { encoding: 'utf8', timeout: 20_000 });
}

test.each([
  [[], 'Expected a method name and at most one payload.'],
  [['Ping', '{}', 'more'], 'Expected a method name and at most one payload.'],
  [['Ping', '{bad'], 'The payload is not JSON: {bad'],
  [['Ping', '--timeout', '301'], '--timeout must be a whole number from 5 to 300, got 301.'],
])(
  'wrong usage %j is told and ends with 2',
  (args, message) => {
    const { status, stderr } = invoke(...args);
    expect(stderr.split('\n')[0]).toBe(message);
    expect(stderr).toContain('Usage: npm run invoke -- METHOD');
    expect(status).toBe(2);
  },
  30_000,
);
