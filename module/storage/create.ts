import { open } from 'node:fs/promises';
import { SupportError } from '../base/errors.ts';
import { untilAborted, within } from '../base/time.ts';
import type { Environment } from '../config/environment.ts';
import type { Policy } from '../config/policy.ts';
import type { Settings } from '../config/settings.ts';
import { blockId } from './blocks.ts';
import { type DeliveryParts, deliverArchive } from './delivery.ts';
import { BlobFault } from './fault.ts';
import { createGate } from './gate.ts';
import { createLimit } from './limit.ts';
import { createAgents } from './proxy.ts';
import type { Connect, RemoteBlob } from './remote.ts';
import { createRoom, type RoomParts } from './room.ts';
import { createSpool, type Place } from './spool.ts';
import type { DeliveryContext, Storage, StorageCounts } from './storage.ts';
import { findTarget, type Target } from './target.ts';

export type StorageSettings = Pick<
  Settings,
  | 'storageSasUrl'
  | 'storageConnectionString'
  | 'storageAccountUrl'
  | 'storageContainer'
  | 'storageKeepFor'
  | 'storageSpoolMegabytes'
  | 'storageKilobytesPerSecond'
>;

export interface StorageParts {
  /** The data folder; archives lie in `spool/` below it. It need not be there, nor be writable. */
  readonly folder: string;
  readonly env: Pick<Environment, 'parentHostname'>;
  /** The environment, for its proxies. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** In force at the moment; the twin may change them. */
  readonly settings: () => StorageSettings;
  readonly policy: () => Policy;
  readonly now: () => Date;
  /** Takes secrets of targets, so that they are redacted from all that leaves the device. */
  readonly remember: (secret: string) => void;
  readonly limits?: Partial<StorageLimits>;
  readonly freeOn?: RoomParts['freeOn'];
  readonly counted?: StorageCounts;
  /** Resolves when the twin, which may name a target, has been read; undefined when it has been. */
  readonly settingsRead?: () => Promise<void> | undefined;
}

export interface StorageLimits {
  /** The first and the longest wait between two attempts. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** A request that stands still so long is given up. */
  readonly stallMs: number;
  /** What the system's buffers hold when a block was handed over is given time for this rate. */
  readonly slowestBytesPerSecond: number;
}

const usualLimits: StorageLimits = { firstMs: 1000, mostMs: 60_000, stallMs: 60_000, slowestBytesPerSecond: 8000 };

/** So many archives are uploaded at a time. */
const archivesAtATime = 2;

/** The end of a delivery that is discarded is waited for no longer: its remains are taken away then as well. */
const discardMs = 2000;

/** The blob whose one block is never committed; the same for all, so that there is only ever one. */
const attemptName = '.edge-support-check';

const about = ({ from, container, expiresAt }: Target) => ({
  from,
  host: container.host,
  ...(expiresAt === undefined ? {} : { expiresAt }),
});

interface Active {
  readonly taskId: string;
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
}

/** Storage over a data folder and Azure Blob Storage; the SDK is loaded at the first upload. */
export function createStorage(parts: StorageParts): Storage {
  const { folder, settings, now, counted } = parts;
  const limits = { ...usualLimits, ...parts.limits };
  const active = new Map<string, Active>();
  const spool = createSpool(folder);
  const busy = ({ dir }: Place) => active.has(dir);
  const most = () => settings().storageSpoolMegabytes * 1e6;
  const room = createRoom({ dataFolder: folder, spool, most, busy, ...(parts.freeOn ? { freeOn: parts.freeOn } : {}) });
  const keepForMs = () => settings().storageKeepFor * 1000;

  const loadConnect = async () => {
    const { createConnect } = await import('./blob.ts');
    const limit = createLimit(() => settings().storageKilobytesPerSecond * 1000);
    return createConnect({ ...limits, agentFor: createAgents(parts.variables), limit });
  };
  let connecting: Promise<Connect> | undefined;
  const connect: Connect = async (target, name) => {
    connecting ??= loadConnect();
    const blob = await (await connecting)(target, name);
    const stage: RemoteBlob['stage'] = async (id, body, signal) => {
      await blob.stage(id, body, signal);
      counted?.uploaded(body.length);
    };
    return counted ? { ...blob, stage } : blob;
  };

  const shared: DeliveryParts = {
    spool,
    room,
    gate: createGate(archivesAtATime),
    connect,
    patience: limits,
    target: (sasUrl) => findTarget(parts, sasUrl),
    keepForMs,
    now,
    counted,
    settingsRead: parts.settingsRead ?? (() => undefined),
  };

  const forget = async (place: Place) => {
    await spool.remove(place);
    room.release(place);
  };

  return {
    check: (sasUrl) => findTarget(parts, sasUrl, now()) !== undefined,

    async attempt(limitMs, signal) {
      let target: Target | undefined;
      try {
        target = findTarget(parts, undefined, now());
        if (target === undefined) return undefined;
        const remote = await connect(target, attemptName);
        const send = (own: AbortSignal) => remote.stage(blockId('attempt', 0), Buffer.from('.'), own);
        await within(limitMs, `Sending to Blob Storage at ${target.container.host}`, send, signal);
        return about(target);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof SupportError || error instanceof BlobFault)) throw error;
        return { ...(target ? about(target) : { from: 'storage' }), problem: error.message };
      }
    },

    async deliver(ask, context) {
      const place = spool.place(ask.taskId, ask.key);
      // Whoever comes again for the same archive while it is under way gets what becomes of it.
      for (let other = active.get(place.dir); other; other = active.get(place.dir)) {
        await untilAborted(other.ended, context.signal);
      }
      const stop = new AbortController();
      const signal = AbortSignal.any([context.signal, stop.signal]);
      const own: DeliveryContext = {
        signal,
        collect: (work) => context.collect(work),
        progress: (progress) => {
          if (!signal.aborted) context.progress(progress);
        },
        sasUrl: () => context.sasUrl(),
        nudged: () => context.nudged(),
      };
      signal.throwIfAborted();
      const delivery = deliverArchive(shared, place, ask, own);
      const ended = delivery.then(
        () => active.delete(place.dir),
        () => {
          active.delete(place.dir);
          counted?.delivered(signal.aborted ? 'cancelled' : 'failed');
        },
      );
      active.set(place.dir, { taskId: ask.taskId, stop, ended });
      return untilAborted(delivery, signal);
    },

    async kept(taskId) {
      const found = await spool.list(taskId);
      return found.flatMap(({ place, record, bodyBytes }) =>
        record?.body === undefined || record.taskId !== taskId || bodyBytes !== record.body.bytes
          ? []
          : [
              {
                taskId,
                key: record.key,
                name: record.stored?.name ?? record.name,
                path: place.body,
                bytes: bodyBytes,
                sha256: record.body.sha256,
              },
            ],
      );
    },

    async read({ path, bytes, key }, offset, length) {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, bytes - offset)));
      const gone = new SupportError('not-found', `The archive ${key} is not in the data folder any more.`);
      const file = await open(path, 'r').catch(() => {
        throw gone;
      });
      try {
        for (let done = 0; done < buffer.length; ) {
          const { bytesRead } = await file.read(buffer, done, buffer.length - done, offset + done);
          if (bytesRead === 0) throw gone;
          done += bytesRead;
        }
      } finally {
        await file.close();
      }
      return buffer;
    },

    async discard(taskId) {
      const running = [...active.values()].filter((one) => one.taskId === taskId);
      for (const { stop } of running) stop.abort(new SupportError('unavailable', 'The task was discarded.'));
      const ended = Promise.all(running.map((one) => one.ended));
      await untilAborted(ended, AbortSignal.timeout(discardMs)).catch(() => undefined);
      for (const { place } of await spool.list(taskId)) await forget(place);
    },

    async spoolBytes() {
      const found = await spool.list();
      return found.reduce((sum, { bodyBytes = 0 }) => sum + bodyBytes, 0);
    },

    async tidy(tasks) {
      for (const { place, record, bodyBytes } of await spool.list()) {
        if (busy(place)) continue;
        const lost = record?.body !== undefined && !record.stored?.url && bodyBytes !== record.body.bytes;
        if (record === undefined || !tasks.has(record.taskId) || lost) await forget(place);
        else if (record.stored?.url || record.body === undefined) {
          // What is written down stays: what was delivered must not be delivered again, nor under another name.
          await spool.removeBody(place);
          room.release(place);
        }
      }
    },
  };
}
