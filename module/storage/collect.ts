import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { SupportError } from '../base/errors.ts';
import { type Ahead, startAhead } from './ahead.ts';
import { readFully } from './body-file.ts';
import { createDigest, type Filled, fillBody } from './fill.ts';
import { numberedName, suffixedName } from './names.ts';
import type { Room } from './room.ts';
import type { Session } from './session.ts';
import type { ArchiveRecord, Body, Place, Spool } from './spool.ts';
import type { ArchiveAsk, DeliveryContext } from './storage.ts';
import { streamBlocks } from './stream.ts';

export interface CollectParts {
  readonly spool: Spool;
  readonly room: Room;
  readonly now: () => Date;
}

export interface Collecting {
  readonly place: Place;
  readonly ask: ArchiveAsk;
  readonly context: DeliveryContext;
  /** What an interrupted attempt left. */
  readonly known: ArchiveRecord | undefined;
  /** Whether there is somewhere to stream to. */
  readonly target: () => boolean;
  readonly openSession: (step: string) => Session;
}

/** An archive that is whole in the spool, or in storage already (`stored`). */
export type Whole = ArchiveRecord & { readonly body: Body };

/** Makes the body: into the spool, or, when that does not take it, straight to storage in bounded memory. */
export async function collectArchive(parts: CollectParts, collecting: Collecting): Promise<Whole> {
  const { spool, room, now } = parts;
  const { place, ask, context, known } = collecting;
  const { taskId, key, headers } = ask;
  const record: ArchiveRecord = { taskId, key, headers, name: known?.name ?? ask.name() };
  const digest = createDigest();
  const bodyOf = (): Body => {
    const { bytes } = digest;
    return { bytes, ...digest.end(), spooledAt: now().toISOString(), about: ask.about() };
  };
  let session: Session | undefined;
  let ahead: Ahead | undefined;
  let aheadSession: Session | undefined;
  try {
    // The name must hold over restarts. Where it cannot be written down, neither can the task, which then ends as well.
    await spool
      .make(place)
      .then(() => spool.write(place, record))
      .catch(() => undefined);
    const { whole, sending } = await context.collect(async (deadline) => {
      if (collecting.target()) {
        aheadSession = collecting.openSession('');
        ahead = startAhead(place, numberedName(record.name, 1), aheadSession);
      }
      const grown = (bytes: number) => ahead?.grown(bytes);
      const filled = await fillBody(parts, place, ask.open(deadline), digest, context.signal, grown);
      if (filled.whole) {
        const spooled: Whole = { ...record, body: bodyOf() };
        const failed = await spool.write(place, spooled).then(
          () => false,
          () => true,
        );
        if (!failed) return { whole: spooled };
        const why = 'the data folder cannot be written';
        return {
          whole: spooled,
          sending: await stream({ whole: false, why, written: digest.bytes, rest: nothing() }),
        };
      }
      const sending = await stream(filled);
      return { whole: { ...record, body: bodyOf() }, sending };
    });
    // What is on its way has the rest of its time outside of the task's place in the queue.
    await ahead?.end();
    if (!sending) return whole;
    const streamed = await sending.streamed;
    await streamed.commit({ headers, md5: Buffer.from(whole.body.md5, 'hex') });
    const stored: Whole = { ...whole, stored: { name: streamed.name, url: streamed.url, durable: false } };
    await spool.write(place, stored).catch(() => undefined);
    return stored;
  } catch (error) {
    aheadSession?.close();
    await ahead?.end();
    room.release(place);
    // After a stop the name must still be known, since a commit may have been under way.
    if (context.signal.aborted) await spool.removeBody(place).catch(() => undefined);
    else await spool.remove(place).catch(() => undefined);
    throw error;
  } finally {
    session?.close();
    aheadSession?.close();
  }

  /** Resolves when the body has come to its end; the blocks that are on their way then are not under the deadline. */
  async function stream(filled: Filled & { readonly whole: false }) {
    if (!collecting.target()) {
      const text = `The archive cannot be kept on this device, because ${filled.why}, and there is no storage to upload it to: give a sasUrl, or set storage.sasUrl.`;
      throw new SupportError('unavailable', text);
    }
    aheadSession?.close();
    await ahead?.end();
    const name = suffixedName(record.name, ownSuffix(taskId, key));
    const step = `uploading ${basename(name)} without a copy on disk, because ${filled.why}`;
    session = collecting.openSession(step);
    context.progress({ step });
    const ended = Promise.withResolvers<void>();
    const source = async function* () {
      yield* spooledPart(place.body, filled.written);
      await spool.removeBody(place).catch(() => undefined);
      room.release(place);
      yield* filled.rest;
      ended.resolve();
    };
    const blocks = streamBlocks(session, name, source(), (bytes) => context.progress({ step, bytes }));
    const streamed = blocks.then((sent) => ({ ...sent, name }));
    await Promise.race([ended.promise, streamed]);
    // It is awaited later; a rejection until then is not unhandled.
    streamed.catch(() => undefined);
    return { streamed };
  }
}

/** The same after a restart: whatever blob has such a name is this archive's. */
const ownSuffix = (taskId: string, key: string) =>
  createHash('sha256').update(`${taskId}\n${key}`).digest('hex').slice(0, 8);

const partBytes = 1 << 20;

async function* spooledPart(file: string, bytes: number): AsyncGenerator<Buffer> {
  if (bytes === 0) return;
  const source = await open(file, 'r');
  const buffer = Buffer.allocUnsafeSlow(partBytes);
  try {
    for (let at = 0; at < bytes; ) {
      const part = buffer.subarray(0, Math.min(partBytes, bytes - at));
      await readFully(source, part, at);
      at += part.length;
      yield part;
    }
  } finally {
    await source.close();
  }
}

async function* nothing(): AsyncGenerator<Buffer> {}
