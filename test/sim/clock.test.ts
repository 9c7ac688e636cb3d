import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../../sim/child.ts';
import { createModuleClock } from '../../sim/clock.ts';
import { waitFor } from '../../sim/wait.ts';

const year = 365 * 24 * 3600 * 1000;

test('a running program sees its wall clock jump and come back, and its timers do not', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'clock-'));
  const clock = await createModuleClock(dir);
  const program = `
    setInterval(() => {
      const { constructor } = new Date();
      const kinds = [new Date() instanceof Date, constructor === Date, new Date(0).getTime() === 0, Date.UTC(1970) === 0];
      console.log(JSON.stringify([Date.now(), new Date().getTime(), Date.parse(Date()), performance.now(), kinds]));
    }, 25);`;
  await writeFile(join(dir, 'program.mjs'), program);
  const child = await startChild({
    name: 'the program',
    command: process.execPath,
    args: [join(dir, 'program.mjs')],
    env: clock.env,
    logFile: join(dir, 'log'),
  });
  try {
    const last = async () => JSON.parse(await child.lastLines(1)) as [number, number, number, number, boolean[]];
    /** Waits until all three readings of the wall clock are this far from ours. */
    const offset = (expected: number) =>
      waitFor(
        `an offset of ${expected} ms`,
        async () => {
          const [now, made, said] = await last();
          return [now, made, said].every((time) => Math.abs(time - Date.now() - expected) < 3000) || undefined;
        },
        { limitMs: 5000 },
      );
    await offset(0);
    const [, , , before] = await last();
    await clock.setTo(-year);
    await offset(-year);
    await clock.setTo(year);
    await offset(year);
    await clock.setTo(0);
    await offset(0);
    const [, , , after, kinds] = await last();
    expect(after - before).toBeGreaterThan(0);
    expect(after - before).toBeLessThan(20_000);
    expect(kinds).toEqual([true, true, true, true]);
  } finally {
    await child.stop();
    await rm(dir, { recursive: true, force: true });
  }
}, 30_000);
