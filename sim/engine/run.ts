import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** System programs stand in sbin folders that the search path of an ordinary user lacks. */
export const systemPath = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;

/** Runs a short system command and gives its output; throws with what it printed when it fails. Limit: 10 s. */
export async function run(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await exec(command, [...args], { timeout: 10_000, env: { PATH: systemPath } });
    return stdout;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`${command} ${args.join(' ')} failed: ${stderr?.trim() || message}`);
  }
}
