import { mkdir, statfs } from 'node:fs/promises';
import type { Listed, Place, Spool } from './spool.ts';

/** The room that archives may take on the device's disk. */
export interface Room {
  /** Whether an archive may grow by so many bytes; takes away old ones for it. */
  claim(place: Place, bytes: number): Promise<boolean>;
  /** The archive's body is gone. */
  release(place: Place): void;
}

export interface RoomParts {
  readonly dataFolder: string;
  readonly spool: Spool;
  /** The most that all archives may take, in bytes. */
  readonly most: () => number;
  /** Whether the archive is being written or sent, or waits for it: such a one is never taken away. */
  readonly busy: (place: Place) => boolean;
  /** Bytes that are free on the disk of this folder. */
  readonly freeOn?: (folder: string) => Promise<number>;
}

/** Archives may take this share of what is free without them. */
const share = 0.1;

/** So often the disk is asked what is free. */
const askedEvery = 4 << 20;

export function createRoom({ dataFolder, spool, most, busy, freeOn = freeBytes }: RoomParts): Room {
  const sizes = new Map<string, number>();
  let counted: Promise<void> | undefined;
  let allowed: Promise<number> | undefined;
  let claimedSince = 0;

  const used = () => sizes.values().reduce((sum, bytes) => sum + bytes, 0);

  const countWhatIsThere = async () => {
    for (const { place, bodyBytes = 0 } of await spool.list())
      if (!sizes.has(place.dir)) sizes.set(place.dir, bodyBytes);
  };

  const askDisk = async () => {
    await mkdir(dataFolder, { recursive: true }).catch(() => undefined);
    const free = await freeOn(dataFolder).catch(() => 0);
    return share * (free + used());
  };
  const limitFor = async (bytes: number) => {
    claimedSince += bytes;
    if (allowed === undefined || claimedSince >= askedEvery) {
      claimedSince = 0;
      allowed = askDisk();
    }
    return Math.min(most(), await allowed);
  };

  return {
    claim: async (place, bytes) => {
      counted ??= countWhatIsThere();
      await counted;
      const limit = await limitFor(bytes);
      if (used() + bytes > limit) {
        for (const old of dispensable(await spool.list(), (one) => !busy(one))) {
          // What would not fit even then is not worth taking anything away for.
          if ((sizes.get(place.dir) ?? 0) + bytes > limit) break;
          if (old.record?.stored?.url === undefined) await spool.remove(old.place);
          else await spool.removeBody(old.place);
          sizes.delete(old.place.dir);
          if (used() + bytes <= limit) break;
        }
      }
      if (used() + bytes > limit) return false;
      sizes.set(place.dir, (sizes.get(place.dir) ?? 0) + bytes);
      return true;
    },
    release: ({ dir }) => {
      sizes.delete(dir);
    },
  };
}

/** Bodies that may go, first those that are in storage too, then the oldest; never one that waits. */
function dispensable(all: readonly Listed[], idle: (place: Place) => boolean): Listed[] {
  const copied = ({ record }: Listed) => (record?.stored?.url === undefined ? 1 : 0);
  const since = ({ record }: Listed) => record?.body?.spooledAt ?? '';
  return all
    .filter(
      ({ place, record, bodyBytes }) => bodyBytes !== undefined && idle(place) && (record?.stored || record?.refused),
    )
    .sort((a, b) => copied(a) - copied(b) || since(a).localeCompare(since(b)));
}

/** Bytes that are free on the disk of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
