import type { Clean } from '../redact/redact.ts';

/** How the content is declared to those who download it. */
export interface ContentHeaders {
  readonly contentType: string;
  readonly contentEncoding?: 'gzip';
}

/** What was stored; the URL carries no SAS. */
export interface Stored {
  readonly url: string;
  readonly name: string;
  readonly bytes: number;
}

/** Where bytes go. Takes only what went through redaction. */
export interface Sink {
  /** Stores the whole body under this name or nothing; rejects with a SupportError that says what went wrong. */
  put(name: string, headers: ContentHeaders, body: Clean<Uint8Array>, signal: AbortSignal): Promise<Stored>;
}

/** Makes the sink for a request's target; throws a SupportError when the target cannot be used. */
export type OpenSink = (target: { readonly sasUrl: string }) => Sink;
