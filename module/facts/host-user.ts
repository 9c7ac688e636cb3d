import type { Stats } from 'node:fs';
import type { HostView } from './fact.ts';
import { hostText } from './host-view.ts';
import type { Walk } from './host-walk.ts';

/** A user of the host, by passwd(5) and group(5). */
export interface HostUser {
  readonly name: string;
  readonly uid: number;
  /** Its own group first. */
  readonly gids: readonly number[];
}

/** Undefined when the host's files do not know the user, who may come from elsewhere. */
export async function readHostUser(view: HostView, name: string, signal: AbortSignal): Promise<HostUser | undefined> {
  const rows = async (path: string) =>
    ((await hostText(view, path, signal)) ?? '').split('\n').map((line) => line.split(':'));
  const [, , uid, gid] = (await rows('/etc/passwd')).find(([own]) => own === name) ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  const groups = (await rows('/etc/group')).filter(([, , , members]) => members?.split(',').includes(name));
  return { name, uid: Number(uid), gids: [Number(gid), ...groups.map(([, , id]) => Number(id))] };
}

/**
 * The first of the folders on the way to a file, or the file itself, that the user may not go through or read; undefined
 * when it may read the file. By the modes alone: access control lists are not looked at.
 */
export function firstUnreadable({ passed }: Walk, user: HostUser): string | undefined {
  return passed.find(({ stats }) => !allows(stats, user, stats.isDirectory() ? 1 : 4))?.path;
}

/** `right`: 4 to read, 1 to go through. */
function allows({ mode, uid, gid }: Stats, user: HostUser, right: number): boolean {
  if (user.uid === 0) return true;
  const shift = uid === user.uid ? 6 : user.gids.includes(gid) ? 3 : 0;
  return ((mode >> shift) & right) !== 0;
}
