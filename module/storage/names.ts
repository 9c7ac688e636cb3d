import type { Environment } from '../config/environment.ts';
import type { ContentHeaders } from './storage.ts';

/**
 * edgeAgent's blob name: `{iothub}/{device}/{what}-{yyyy-MM-dd--HH-mm-ss}.{extension}`, UTC
 * (AzureBlobRequestsUploader.cs).
 */
export function blobName(
  { iothubHostname, deviceId }: Pick<Environment, 'iothubHostname' | 'deviceId'>,
  what: string,
  extension: string,
  now: Date,
): string {
  const [date, time] = now.toISOString().split('T');
  return `${iothubHostname}/${deviceId}/${what}-${date}--${time?.slice(0, 8).replaceAll(':', '-')}.${extension}`;
}

/** Makes the name of a new blob from what it holds and its extension. */
export type NameBlob = (what: string, extension: string) => string;

/** So many names are remembered: far more than uploads can begin within seconds. */
const remembered = 1000;

/**
 * Blob names as blobName makes them, but none twice: two uploads to one name at a time spoil each other (Blob Storage
 * drops the blocks of the slower one), and later ones overwrite. A name that is taken gets the next free second.
 */
export function createBlobNames(env: Pick<Environment, 'iothubHostname' | 'deviceId'>, now: () => Date): NameBlob {
  const given = new Set<string>();
  return (what, extension) => {
    let time = now().getTime();
    let name = blobName(env, what, extension, new Date(time));
    while (given.has(name)) {
      time += 1000;
      name = blobName(env, what, extension, new Date(time));
    }
    given.add(name);
    for (const oldest of given) {
      if (given.size <= remembered) break;
      given.delete(oldest);
    }
    return name;
  };
}

/** The name with a suffix before its extension (`.zip`, `.log.gz`). */
export function suffixedName(name: string, suffix: string): string {
  const extension = /(?:\.[A-Za-z0-9]{1,8}){1,2}$/.exec(name)?.[0] ?? '';
  return `${name.slice(0, name.length - extension.length)}-${suffix}${extension}`;
}

/** The name for the nth try, when others' blobs have the ones before: `a.zip`, `a-2.zip`. */
export const numberedName = (name: string, number: number) => (number > 1 ? suffixedName(name, String(number)) : name);

const contentTypes = { text: 'text/plain', json: 'application/json', ndjson: 'application/x-ndjson' } as const;

/** The content headers of a log blob. */
export function blobHeaders(format: {
  readonly contentType: keyof typeof contentTypes;
  readonly encoding: 'none' | 'gzip';
}): ContentHeaders {
  const contentType = contentTypes[format.contentType];
  return format.encoding === 'gzip' ? { contentType, contentEncoding: 'gzip' } : { contentType };
}
