import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The wall clock of a module that was started as a process with this environment. */
export interface ModuleClock {
  readonly env: Readonly<Record<string, string>>;
  /** Sets it so many milliseconds before (negative) or after the true time; seen within 20 ms. 0 sets it right. */
  setTo(offsetMs: number): Promise<void>;
}

/** A clock that starts right; `dir` is where it is kept. */
export async function createModuleClock(dir: string): Promise<ModuleClock> {
  const file = join(dir, 'clock');
  const setTo = async (offsetMs: number) => {
    await writeFile(`${file}.new`, String(offsetMs));
    await rename(`${file}.new`, file);
  };
  await setTo(0);
  const preload = pathToFileURL(join(import.meta.dirname, 'clock', 'preload.ts'));
  return { env: { EDGE_SIM_CLOCK: file, NODE_OPTIONS: `--import ${preload}` }, setTo };
}
