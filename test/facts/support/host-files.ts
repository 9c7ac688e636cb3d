import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostView, KnownDevice } from '../../../module/facts/fact.ts';

export interface HostFiles extends AsyncDisposable {
  /** As a helper container sees the host: these files and no others. */
  readonly host: HostView;
  /** Where a path of the device is on this machine. */
  at(path: string): string;
}

/** A device's root folder with these files. */
export async function hostWith(
  files: Readonly<Record<string, string>>,
  more: { readonly missing?: readonly string[]; readonly device?: KnownDevice } = {},
): Promise<HostFiles> {
  const root = await mkdtemp(join(tmpdir(), 'host-'));
  const at = (path: string) => join(root, path);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  }
  return {
    host: { root, origin: root, missing: more.missing ?? [], ...(more.device ? { device: more.device } : {}) },
    at,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
