import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';

/** The variables of `.env`; none when there is no such file. */
export async function readEnvFile(file: string): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
