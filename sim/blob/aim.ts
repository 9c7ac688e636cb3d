import type { IncomingMessage } from 'node:http';
import { waitFor } from '../wait.ts';

/** What a request does, told from its method and its query: the operations of a block upload have their own names. */
export type BlobOperation = 'stage' | 'commit' | 'put' | 'blocks' | 'list' | 'head' | 'get' | 'delete' | 'other';

/** A request as it stands at the door. */
export interface BlobRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly kind: BlobOperation;
}

/** Which requests a fault is aimed at: all that have what is given here, or that the function says yes to. */
export type Aim =
  | {
      readonly kind?: BlobOperation;
      readonly method?: string;
      /** The first of them that is hit, counted from 1 when the fault was set. Default 1. */
      readonly nth?: number;
    }
  | ((request: BlobRequest) => boolean);

export type AimedFault =
  /** Answers so, and passes nothing on. */
  | { readonly status: number; readonly retryAfterSecs?: number }
  /** Holds the request back for so many milliseconds, then passes it on. */
  | { readonly delayMs: number }
  /** Half of its body is passed on, then the connection breaks off. */
  | 'half'
  /** Is never passed on and never answered. */
  | 'lost'
  /** Is passed on and done, and never answered. */
  | 'unanswered'
  /** The connection is reset before anything is passed on. */
  | 'reset'
  /** Is passed on and done; then the connection is reset. */
  | 'reset-when-done'
  /** Is passed on as ever: for a test that waits for this request. */
  | 'none';

/** A fault that was aimed. */
export interface Aimed {
  /**
   * Resolves when a request was hit; with `unanswered` and `reset-when-done`, when it was done. Rejects with a sentence
   * when none is within the limit (milliseconds, default 20,000).
   */
  hit(limitMs?: number): Promise<void>;
  /** Requests hit so far. */
  readonly hits: number;
  /** Takes the fault back. */
  lift(): void;
}

/** What the door asks of each request; at most one fault is given, that which was aimed first. */
export interface Aims {
  at(aim: Aim, fault: AimedFault, times?: number): Aimed;
  /** The fault for this request, counted as a hit; call `done` when what it says has come about. */
  take(request: BlobRequest): { readonly fault: AimedFault; done(): void } | undefined;
  clear(): void;
}

interface Entry {
  readonly matches: (request: BlobRequest) => boolean;
  readonly fault: AimedFault;
  left: number;
  hits: number;
  /** Whether what the fault says has come about. */
  done: boolean;
}

/** Keeps the faults that are aimed at single requests. */
export function createAims(): Aims {
  const entries = new Set<Entry>();
  return {
    at(aim, fault, times = 1) {
      const entry: Entry = { matches: counting(aim), fault, left: times, hits: 0, done: false };
      entries.add(entry);
      return {
        hit: async (limitMs = 20_000) => {
          const what = typeof aim === 'function' ? 'a request' : `request ${aim.nth ?? 1} of the kind ${aim.kind}`;
          await waitFor(`${what} to be hit`, () => entry.done || undefined, { limitMs, everyMs: 5 });
        },
        get hits() {
          return entry.hits;
        },
        lift: () => void entries.delete(entry),
      };
    },
    take(request) {
      // Each counts what passes by, also where another one strikes.
      const [entry] = [...entries].filter(({ matches }) => matches(request));
      if (entry === undefined) return undefined;
      entry.hits += 1;
      entry.left -= 1;
      if (entry.left <= 0) entries.delete(entry);
      const done = () => {
        entry.done = true;
      };
      return { fault: entry.fault, done };
    },
    clear: () => entries.clear(),
  };
}

function counting(aim: Aim): (request: BlobRequest) => boolean {
  if (typeof aim === 'function') return aim;
  const { kind, method, nth = 1 } = aim;
  let seen = 0;
  return (request) => {
    if (kind !== undefined && kind !== request.kind) return false;
    if (method !== undefined && method !== request.method) return false;
    seen += 1;
    return seen >= nth;
  };
}

/** Reads what a request is for. Source: Blob Storage REST API, "Operations on block blobs" and "on containers". */
export function readBlobRequest({ method = '', url = '', headers }: IncomingMessage): BlobRequest {
  const { pathname: path, searchParams: query } = new URL(url, 'http://storage');
  return { method, path, query, headers, kind: operation(method, query) };
}

function operation(method: string, query: URLSearchParams): BlobOperation {
  const comp = query.get('comp');
  if (method === 'PUT' && comp === 'block') return 'stage';
  if (method === 'PUT' && comp === 'blocklist') return 'commit';
  if (method === 'PUT' && comp === null && query.get('restype') === null) return 'put';
  if (method === 'GET' && comp === 'blocklist') return 'blocks';
  if (method === 'GET' && comp === 'list') return 'list';
  if (comp !== null || query.get('restype') !== null) return 'other';
  return ({ HEAD: 'head', GET: 'get', DELETE: 'delete' } as const)[method as 'GET'] ?? 'other';
}
