import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { HostView } from './fact.ts';

/** What a path of the device leads to. */
export interface Walk {
  /** The path itself, links followed. */
  readonly path: string;
  /** The folders that lead there and, at the end, what is there. */
  readonly passed: readonly { readonly path: string; readonly stats: Stats }[];
}

/** As many as Linux follows. */
const mostLinks = 40;

/**
 * Follows a path of the device as the host itself would: in a helper container an absolute link would lead into its own
 * image. Undefined when the way leaves the `folders` that may be looked into; rejects with the file system's error.
 */
export async function walk(view: HostView, path: string, folders: readonly string[]): Promise<Walk | undefined> {
  const passed: { readonly path: string; readonly stats: Stats }[] = [];
  const parts = partsOf(path);
  let at = '/';
  let links = 0;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part === '..') {
      at = posix.dirname(at);
      continue;
    }
    const next = posix.join(at, part);
    if (!folders.some((folder) => isWithin(next, folder) || isWithin(folder, next))) return undefined;
    const stats = await lstat(join(view.root, next));
    if (!stats.isSymbolicLink()) {
      passed.push({ path: next, stats });
      at = next;
      continue;
    }
    links += 1;
    if (links > mostLinks) throw Object.assign(new Error(`too many links lead from ${path}`), { code: 'ELOOP' });
    const target = await readlink(join(view.root, next));
    if (target.startsWith('/')) at = '/';
    parts.unshift(...partsOf(target));
  }
  return folders.some((folder) => isWithin(at, folder)) ? { path: at, passed } : undefined;
}

const partsOf = (path: string) => path.split('/').filter((part) => part !== '' && part !== '.');

/** Also of a folder and itself. */
function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}
