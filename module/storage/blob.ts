import { Readable } from 'node:stream';
import { ContainerClient, RestError } from '@azure/storage-blob';
import { messageOf, SupportError } from '../base/errors.ts';
import { counted } from '../base/stage.ts';
import { through } from '../redact/redact.ts';
import type { Sink } from './sink.ts';

/** Memory of an upload is block size times blocks in flight; 50,000 blocks of 4 MiB make 195 GiB. */
const blockBytes = 4 * 1024 * 1024;
const blocksInFlight = 2;

/** A sink into the container of this SAS URL: staged blocks, committed only when the whole body has been read. */
export function openBlobSink(container: URL): Sink {
  const client = new ContainerClient(container.href, undefined, {
    retryOptions: { maxTries: 4, retryDelayInMs: 1000, maxRetryDelayInMs: 10_000 },
  });
  return {
    async put(name, { contentType, contentEncoding }, body, signal) {
      const count = { bytes: 0 };
      const blob = client.getBlockBlobClient(name);
      const source = Readable.from(through(body, counted(count)), { objectMode: false, highWaterMark: 1 << 20 });
      try {
        await blob.uploadStream(source, blockBytes, blocksInFlight, {
          abortSignal: signal,
          blobHTTPHeaders: {
            blobContentType: contentType,
            ...(contentEncoding === undefined ? {} : { blobContentEncoding: contentEncoding }),
          },
        });
      } catch (error) {
        signal.throwIfAborted();
        throw describe(error, container.host);
      } finally {
        source.destroy();
      }
      return { name, bytes: count.bytes, url: urlOf(container, name) };
    },
  };
}

/** Without the SAS. A device id may hold characters that mean something else in a URL, such as # and %. */
function urlOf({ origin, pathname }: URL, name: string): string {
  return `${origin}${pathname.replace(/\/$/, '')}/${name.split('/').map(encodeURIComponent).join('/')}`;
}

/** A storage fault in one sentence: Azure's own texts run over many lines and quote headers. */
function describe(error: unknown, host: string): Error {
  if (!(error instanceof RestError)) return error instanceof Error ? error : new Error(String(error));
  const code = error.code ?? (error.statusCode === undefined ? 'no answer' : `status ${error.statusCode}`);
  const hint = hints[error.statusCode ?? 0] ?? '';
  const text = `Blob Storage at ${host} refused the upload (${code}): ${messageOf(error).split('. ')[0]}.${hint}`;
  return new SupportError('unavailable', text.replace(/\.\.$/, '.'), { cause: error });
}

const hints: Readonly<Record<number, string>> = {
  403: ' Check that the SAS is of this container, not expired, and grants create and write.',
  404: ' Check that the container exists.',
};
