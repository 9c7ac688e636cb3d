import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ContainerClient, newPipeline, StorageSharedKeyCredential } from '@azure/storage-blob';
import { BlobFault, readFault } from './fault.ts';
import type { Limit } from './limit.ts';
import type { AgentFor } from './proxy.ts';
import type { Connect } from './remote.ts';
import type { Target } from './target.ts';

export interface BlobParts {
  readonly agentFor: AgentFor;
  readonly limit: Limit;
  /** A request that stands still for so many milliseconds is given up. */
  readonly stallMs: number;
  /** When all has been handed over, buffers of the system may still hold it: they are given time for this rate. */
  readonly slowestBytesPerSecond: number;
}

/** A body is handed to the connection in slices of so many bytes: each one that it takes is progress. */
const sliceBytes = 128 * 1024;

/** So many containers' clients are remembered: making one takes a millisecond. */
const remembered = 4;

/** Reaches Blob Storage with Azure's SDK; retries, pauses and limits are ours. */
export function createConnect({ agentFor, limit, stallMs, slowestBytesPerSecond }: BlobParts): Connect {
  const clients = new Map<string, ContainerClient>();
  const clientOf = async (target: Target) => {
    const id = `${target.from} ${target.container.href}`;
    const known = clients.get(id);
    if (known) return known;
    const made = await openContainer(target, agentFor);
    clients.set(id, made);
    for (const oldest of clients.keys()) {
      if (clients.size <= remembered) break;
      clients.delete(oldest);
    }
    return made;
  };
  return async (target, name) => {
    const { host } = target.container;
    const client = (await clientOf(target)).getBlockBlobClient(name);
    const request = <T>(signal: AbortSignal, work: (watch: Watch) => Promise<T>) =>
      watched(stallMs, host, signal, work);
    return {
      stage: (id, body, signal) =>
        request(signal, async (watch) => {
          const source = Readable.from(sliced(body, limit, watch, (body.length / slowestBytesPerSecond) * 1000), {
            objectMode: false,
            highWaterMark: sliceBytes,
          });
          // An answer that comes before the body has been read would leave the connection half used.
          source.once('error', () => undefined);
          try {
            await client.stageBlock(id, () => source, body.length, {
              abortSignal: watch.signal,
              transactionalContentMD5: md5Of(body),
            });
          } finally {
            if (!source.readableEnded) watch.giveUp();
            source.destroy();
          }
        }),
      commit: (ids, { headers, md5, onlyNew }, signal) =>
        request(signal, async (watch) => {
          await client.commitBlockList([...ids], {
            abortSignal: watch.signal,
            ...(onlyNew ? { conditions: { ifNoneMatch: '*' } } : {}),
            blobHTTPHeaders: {
              blobContentType: headers.contentType,
              blobContentMD5: md5,
              ...(headers.contentEncoding === undefined ? {} : { blobContentEncoding: headers.contentEncoding }),
            },
          });
        }),
      look: (signal) =>
        request(signal, async (watch) => {
          try {
            const { contentLength = 0, contentMD5 } = await client.getProperties({ abortSignal: watch.signal });
            return {
              bytes: contentLength,
              ...(contentMD5 === undefined ? {} : { md5: Buffer.from(contentMD5).toString('base64') }),
            };
          } catch (error) {
            const fault = readFault(error, host);
            if (fault instanceof BlobFault && fault.kind === 'refusal') return undefined;
            throw error;
          }
        }),
    };
  };
}

async function openContainer(target: Target, agentFor: AgentFor): Promise<ContainerClient> {
  const { container, credential } = target;
  const pipeline = newPipeline(await credentialOf(credential), { retryOptions: { maxTries: 1 } });
  // The SDK would read the proxy from the process's environment, by rules that differ from everybody else's.
  pipeline.factories.push({
    create: (next) => ({
      sendRequest: (request) => {
        (request as { agent?: unknown }).agent = agentFor(new URL(request.url));
        return next.sendRequest(request);
      },
    }),
  });
  return new ContainerClient(container.href, pipeline);
}

async function credentialOf(credential: Target['credential']) {
  if (credential === undefined) return undefined;
  if (credential !== 'identity') return new StorageSharedKeyCredential(credential.account, credential.key);
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}

interface Watch {
  readonly signal: AbortSignal;
  /** Something moved; what comes next may take so much longer than usual. */
  moved(extraMs?: number): void;
  giveUp(): void;
}

/** Runs a request that must not stand still; what it throws is understood. */
async function watched<T>(
  stallMs: number,
  host: string,
  signal: AbortSignal,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  let stalled = false;
  let timer: NodeJS.Timeout | undefined;
  const moved = (extraMs = 0) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled = true;
      own.abort();
    }, stallMs + extraMs);
  };
  moved();
  try {
    return await work({ signal: AbortSignal.any([signal, own.signal]), moved, giveUp: () => own.abort() });
  } catch (error) {
    signal.throwIfAborted();
    if (!stalled) throw readFault(error, host);
    const text = `Blob Storage at ${host} cannot be reached (timeout): nothing moved for ${stallMs / 1000} s.`;
    throw new BlobFault('passing', 'timeout', text);
  } finally {
    clearTimeout(timer);
  }
}

async function* sliced(body: Buffer, limit: Limit, watch: Watch, lastMs: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; ) {
    const slice = body.subarray(at, at + Math.min(sliceBytes, limit.slice()));
    await limit.take(slice.length, watch.signal);
    at += slice.length;
    watch.moved(at < body.length ? 0 : lastMs);
    yield slice;
  }
}

const md5Of = (body: Buffer) => createHash('md5').update(body).digest();
