import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';

import { type BlobFaults, openDoor } from './blob/door.ts';
import { startChild } from './child.ts';
import { GiveUp, waitFor } from './wait.ts';

/** Azurite's well-known development account; the key is public. Source: Azurite README, "Default Storage Account". */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export interface BlobOptions {
  /** Azurite keeps its data and log here. */
  readonly dir: string;
  /** Address to listen on. */
  readonly address: string;
  /** Default 10000. */
  readonly port?: number;
  /** Default `support`. */
  readonly container?: string;
}

interface SasOptions {
  /** Letters of a container SAS in the order `racwdl`. Default `cw`: create and write. */
  readonly permissions?: string;
  /** Default: in one hour. */
  readonly expiresOn?: Date;
}

interface StoredBlob {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string;
  readonly contentEncoding: string;
}

export interface Blob {
  readonly containerUrl: string;
  /** A container SAS URL as an operator would make one. */
  containerSasUrl(options?: SasOptions): string;
  list(): Promise<StoredBlob[]>;
  download(name: string): Promise<Buffer>;
  readonly faults: BlobFaults;
  /** Requests that came in, in order: method and path without the query. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

/** Starts Azurite's Blob Storage with one empty container, behind a door at which tests can inject faults. */
export async function startBlob(options: BlobOptions): Promise<Blob> {
  const port = options.port ?? 10_000;
  await mkdir(options.dir, { recursive: true });
  const azuritePort = await freePort();
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  const flags = ['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--disableProductStyleUrl'];
  const child = await startChild({
    name: 'Azurite',
    command: process.execPath,
    args: [main, '--blobHost', '127.0.0.1', '--blobPort', String(azuritePort), '--location', options.dir, ...flags],
    env: { PATH: process.env.PATH, NODE_OPTIONS: '--no-deprecation' },
    logFile: join(options.dir, 'azurite.log'),
  });
  const credential = new StorageSharedKeyCredential(account, key);
  // Azurite ends idle connections after 5 s, also in the moment in which a look begins.
  const retryOptions = { maxTries: 3, retryDelayInMs: 100, tryTimeoutInMs: 5000 };
  const door = await openDoor({ host: options.address, port }, azuritePort).catch(async (error: unknown) => {
    await child.stop();
    throw error;
  });
  const stop = async () => {
    await door.stop();
    await child.stop(5000);
  };
  const containerName = options.container ?? 'support';
  const containerUrl = `http://${options.address}:${port}/${account}/${containerName}`;
  // The operator's own looks do not go through the door: no fault concerns them, and no fault is used up by them.
  const service = new BlobServiceClient(`http://127.0.0.1:${azuritePort}/${account}`, credential, { retryOptions });
  const container = service.getContainerClient(containerName);
  const create = async () => {
    const ended = child.ended();
    if (ended) throw new GiveUp(`Azurite ended with ${ended}:\n${await child.lastLines(5)}`);
    return container.createIfNotExists();
  };
  try {
    await waitFor('Azurite to answer', create, { limitMs: 20_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    containerUrl,
    containerSasUrl: ({ permissions = 'cw', expiresOn = new Date(Date.now() + 3_600_000) } = {}) => {
      const sas = generateBlobSASQueryParameters(
        { containerName, permissions: ContainerSASPermissions.parse(permissions), expiresOn },
        credential,
      );
      return `${containerUrl}?${sas.toString()}`;
    },
    list: async () => {
      const found: StoredBlob[] = [];
      for await (const { name, properties } of container.listBlobsFlat()) {
        found.push({
          name,
          size: properties.contentLength ?? 0,
          contentType: properties.contentType ?? '',
          contentEncoding: properties.contentEncoding ?? '',
        });
      }
      return found;
    },
    download: (name) => container.getBlobClient(name).downloadToBuffer(),
    faults: door.faults,
    requests: door.requests,
    stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
