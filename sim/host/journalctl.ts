import { execFileSync } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const program = '/usr/bin/journalctl';

/** Puts this machine's journalctl below the host's root, with its loader and libraries, as a device has its own. */
export async function installJournalctl(hostRoot: string): Promise<void> {
  const needed = execFileSync('ldd', [program], { encoding: 'utf8', timeout: 10_000 });
  const libraries = [...needed.matchAll(/(?:=>\s*)?(\/\S+)\s+\(0x/g)].flatMap(([, path]) => path ?? []);
  for (const path of [program, ...libraries]) {
    const target = join(hostRoot, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(path, target);
  }
}
