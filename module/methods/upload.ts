import { integer, optional, text } from '../config/values.ts';
import type { Stored } from '../storage/storage.ts';

/** What requests for an upload share. Without `sasUrl` the device's own target is used, or the archive kept. */
export const uploadFields = { sasUrl: optional(text()), timeoutSecs: optional(integer(1, 86_400)) };

/** What a task's result says of an archive: the blob's URL without its SAS, or the file on the device. */
export function storedResult({ name, url, path, bytes, sha256, durable, about }: Stored): object {
  return {
    ...(url === undefined ? { kept: path, name } : { blob: url }),
    bytes,
    sha256,
    ...(durable ? {} : { durable: false }),
    ...about,
  };
}
