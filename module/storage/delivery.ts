import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { untilAborted } from '../base/time.ts';
import { type CollectParts, collectArchive, type Whole } from './collect.ts';
import type { Gate } from './gate.ts';
import type { Connect } from './remote.ts';
import { openSession, type Patience } from './session.ts';
import type { ArchiveRecord, Place } from './spool.ts';
import type { ArchiveAsk, DeliveryContext, StorageCounts, Stored } from './storage.ts';
import type { Target } from './target.ts';
import { uploadArchive } from './upload.ts';

/** What all deliveries share. */
export interface DeliveryParts extends CollectParts {
  readonly gate: Gate;
  readonly connect: Connect;
  readonly patience: Patience;
  /** The target for a request's sasUrl, of now. */
  readonly target: (sasUrl: string | undefined) => Target | undefined;
  readonly keepForMs: () => number;
  readonly counted: StorageCounts | undefined;
  /** Resolves when the settings of the twin are known; undefined when they are. */
  readonly settingsRead: () => Promise<void> | undefined;
}

/** However wrong the clock was when an archive was spooled, storage is tried for so long after a restart. */
const leastWaitMs = 600_000;

/** The story of one archive: make it durable, bring it to storage, write down where it is. */
export async function deliverArchive(
  parts: DeliveryParts,
  place: Place,
  ask: ArchiveAsk,
  context: DeliveryContext,
): Promise<Stored> {
  const { spool, now, keepForMs, counted } = parts;
  const begun = performance.now();
  const target = () => parts.target(context.sasUrl());
  let waitedBefore = 0;
  const leftMs = () => keepForMs() - waitedBefore - (performance.now() - begun);
  const open = (step: string) =>
    openSession({ ...parts, archive: place.dir, step, context, signal: context.signal, target, leftMs });

  const known = await spool.read(place);
  if (hasBody(known) && known.stored?.url !== undefined) return asStored(place, known);
  let whole: Whole;
  if (hasBody(known) && (await isSpooled(place, known))) {
    whole = known;
    const age = Math.max(0, now().getTime() - Date.parse(whole.body.spooledAt));
    waitedBefore = Math.min(age, Math.max(0, keepForMs() - leastWaitMs));
  } else {
    const hasTarget = () => target() !== undefined;
    whole = await collectArchive(parts, { place, ask, context, known, target: hasTarget, openSession: open });
    counted?.collected(whole.body.bytes);
    if (whole.stored) {
      counted?.delivered('uploaded');
      return asStored(place, whole);
    }
  }

  let record: ArchiveRecord = whole;
  const save = async (next: ArchiveRecord) => {
    record = next;
    // What cannot be written down any more is known until the next start.
    await spool.write(place, next).catch(() => undefined);
  };
  const done = async (stored: NonNullable<ArchiveRecord['stored']>) => {
    await save({ ...record, stored });
    counted?.delivered(stored.url === undefined ? 'kept' : 'uploaded');
    return asStored(place, { ...whole, stored });
  };
  const reading = target() === undefined ? parts.settingsRead() : undefined;
  if (reading !== undefined) {
    // After a restart of this module the twin may still name the target that the request counted on.
    context.progress({ step: 'waiting for the settings in the twin, which may name a storage' });
    await untilAborted(reading, context.signal);
  }
  if (target() === undefined) return done({ name: whole.name, durable: true });
  const { refused, stored, ...waiting } = whole;
  if (refused || stored) await save(waiting);

  const step = `uploading ${basename(whole.name)}`;
  const progress = (bytes: number, percent: number) => context.progress({ step, percent, bytes });
  const session = open(step);
  try {
    progress(0, 0);
    const { name, url } = await uploadArchive({
      place,
      record: { ...waiting, body: whole.body },
      session,
      save,
      progress,
    });
    return await done({ name, url, durable: true });
  } catch (error) {
    // On a stop all stays as it is, for the next start.
    context.signal.throwIfAborted();
    if (leftMs() > 0) await save({ ...record, refused: true });
    else await spool.remove(place).catch(() => undefined);
    throw error;
  } finally {
    session.close();
  }
}

const hasBody = (record: ArchiveRecord | undefined): record is Whole => record?.body !== undefined;

/** Whether the body lies there as it was written down. */
async function isSpooled(place: Place, { body }: Whole): Promise<boolean> {
  const found = await stat(place.body).catch(() => undefined);
  return found?.size === body.bytes;
}

function asStored(place: Place, { body, stored, name }: Whole): Stored {
  return {
    name: stored?.name ?? name,
    ...(stored?.url === undefined ? { path: place.body } : { url: stored.url }),
    bytes: body.bytes,
    sha256: body.sha256,
    durable: stored?.durable ?? true,
    about: body.about,
  };
}
