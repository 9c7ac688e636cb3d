import { execFile } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const folder = '/proc/sys/fs/binfmt_misc';
/** Of Debian's package qemu-user-static. */
const conf = '/usr/lib/binfmt.d/qemu-aarch64.conf';
const entry = join(folder, 'qemu-aarch64');

/**
 * Lets this machine's kernel run programs for arm64, in containers too, by qemu's emulation (binfmt_misc): needs root, and
 * does nothing on arm64 itself or where it is so already. Resolves with what takes it back.
 */
export async function emulateArm64(): Promise<() => Promise<void>> {
  if (process.arch === 'arm64' || (await there(entry))) return async () => undefined;
  if (!(await there(conf))) {
    throw new Error(
      'Containers for arm64 need an emulator here: as root on Debian or Ubuntu run `npm run setup -- arm64`.',
    );
  }
  const mounted = !(await there(join(folder, 'register')));
  if (mounted) await exec('mount', ['-t', 'binfmt_misc', 'binfmt_misc', folder]);
  await writeFile(join(folder, 'register'), (await readFile(conf, 'utf8')).trim());
  return async () => {
    await writeFile(entry, '-1');
    if (mounted) await exec('umount', [folder]);
  };
}

const there = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
