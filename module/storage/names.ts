import type { Environment } from '../config/environment.ts';
import type { ContentHeaders } from './sink.ts';

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

/** The content headers of a log blob. */
export function blobHeaders(format: {
  readonly contentType: 'text' | 'json';
  readonly encoding: 'none' | 'gzip';
}): ContentHeaders {
  return {
    contentType: format.contentType === 'json' ? 'application/json' : 'text/plain',
    ...(format.encoding === 'gzip' ? { contentEncoding: 'gzip' } : {}),
  };
}
