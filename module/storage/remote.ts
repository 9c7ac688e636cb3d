import type { ContentHeaders } from './storage.ts';
import type { Target } from './target.ts';

/** What a blob is declared to be when it is committed. */
export interface CommitOptions {
  readonly headers: ContentHeaders;
  /** Of the whole blob. */
  readonly md5: Buffer;
  /** Refuse (`exists`) when there is a blob of this name. */
  readonly onlyNew: boolean;
}

/** One block blob: what storage asks of Azure's SDK, and no more. Everything rejects with a BlobFault, or when aborted. */
export interface RemoteBlob {
  /** Sends a block with its MD5. There is no limit of time but for standing still. */
  stage(id: string, body: Buffer, signal: AbortSignal): Promise<void>;
  /** Makes the blob of these blocks. */
  commit(ids: readonly string[], options: CommitOptions, signal: AbortSignal): Promise<void>;
  /** The blob's size and MD5 (base64); undefined when there is none, or when we may not look. */
  look(signal: AbortSignal): Promise<{ readonly bytes: number; readonly md5?: string } | undefined>;
}

/** Reaches blobs of a target by name. The SDK behind it is loaded when the first is used. */
export type Connect = (target: Target, name: string) => Promise<RemoteBlob>;
