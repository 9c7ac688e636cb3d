import { SupportError } from '../base/errors.ts';
import { integer, optionalUnlessBlank, record, text, withDefault } from '../config/values.ts';
import type { KeptArchive } from '../storage/storage.ts';
import { defineMethod } from './method.ts';

/** Base64 makes four bytes of three: 122,880 of the 131,072 that an answer may have. */
const pageBytes = 92_160;

export const downloadArchive = defineMethod({
  name: 'DownloadArchive',
  about: 'Hands out an archive that lies on the device, page by page, so that no storage account is needed.',
  request: record({
    taskId: optionalUnlessBlank(text()),
    correlationId: optionalUnlessBlank(text()),
    key: optionalUnlessBlank(text()),
    offset: withDefault(integer(0, Number.MAX_SAFE_INTEGER), 0),
  }),
  example: { correlationId: '96384463-7a5e-428f-8002-513d4299fed7', offset: 0 },
  // The archive was redacted when it was made. Its bytes look random: by chance a rule would take a piece out of them.
  answerScope: 'known',
  async handle({ request: { taskId, correlationId, key, offset }, services: { storage } }) {
    const id = taskId ?? correlationId;
    if (id === undefined)
      throw new SupportError('bad-request', 'taskId must be given: the id of the task that made the archive.');
    const archive = pick(id, await storage.kept(id), key);
    const { name, bytes, sha256 } = archive;
    if (offset > bytes) {
      throw new SupportError('bad-request', `offset must be at most ${bytes}, the size of the archive; got ${offset}.`);
    }
    const data = await storage.read(archive, offset, pageBytes);
    const next = offset + data.length;
    return {
      taskId: id,
      key: archive.key,
      name,
      bytes,
      sha256,
      offset,
      length: data.length,
      data: data.toString('base64'),
      ...(next < bytes ? { next } : {}),
    };
  },
});

function pick(taskId: string, kept: readonly KeptArchive[], key: string | undefined): KeptArchive {
  const keys = kept.map((one) => one.key).join(', ');
  if (kept.length === 0) {
    const text = `No archive of the task ${taskId} lies on this device: it is unknown, has made none yet, or it was removed.`;
    throw new SupportError('not-found', text);
  }
  if (key === undefined && kept.length > 1) {
    throw new SupportError('bad-request', `The task ${taskId} has several archives; key must be one of ${keys}.`);
  }
  const found = key === undefined ? kept[0] : kept.find((one) => one.key === key);
  if (found) return found;
  throw new SupportError('not-found', `The task ${taskId} has no archive ${key}; there is ${keys}.`);
}
