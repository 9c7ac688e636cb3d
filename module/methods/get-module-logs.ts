import * as z from 'zod/mini';
import { messageOf, SupportError } from '../base/errors.ts';
import { optional, record, text } from '../config/values.ts';
import { type LogFormat, readItems, type SelectedLog, selectModules } from '../logs/logs.ts';
import { type LogPage, type LogPosition, logPage } from '../logs/paged.ts';
import { fixedFilter, readCursor, writeCursor } from './log-cursor.ts';
import { logRequestFields, logSchemaContext } from './log-request.ts';
import { logSource } from './log-source.ts';
import { defineMethod, type Services } from './method.ts';

/** What all logs together may take in the answer's JSON; IoT Hub carries 128 KB. */
const largestLogs = 130_000;

/** After so many milliseconds an answer is given with what has been found; the cursor leads on from there. */
const searchMs = 10_000;

/** One element of the answer: edgeAgent's keys in its order, then ours. */
interface ModuleLogs {
  readonly id: string;
  readonly payloadBytes: string | null;
  readonly payload: string | null;
  /** There is more: the call with this cursor gives the next page. */
  readonly cursor?: string;
  /** What could not be read. */
  readonly warnings?: readonly string[];
  /** Why nothing of this module's log could be read, where those of others could. */
  readonly error?: string;
}

interface Wanted extends SelectedLog {
  readonly position?: LogPosition;
}

const { items, ...others } = logRequestFields;

export const getModuleLogs = defineMethod({
  name: 'GetModuleLogs',
  about: "Returns modules' logs in the answer itself, page by page where they do not fit.",
  schemaContext: logSchemaContext,
  example: { schemaVersion: '1.0', items: [{ id: 'edgeAgent', filter: { tail: 20 } }], contentType: 'text' },
  answerScope: 'known',
  request: record({ ...others, items: optional(items), cursor: optional(text()) }).check(
    z.refine((request) => request.items !== undefined || request.cursor !== undefined, {
      path: ['items'],
      error: 'must be a list, got nothing',
    }),
  ),
  async handle({ request, services, signal }) {
    const { encoding, contentType } = request;
    const { wanted, format } =
      request.cursor === undefined
        ? { wanted: readItems(request.items ?? [], services.now()), format: { encoding, contentType } }
        : fromCursor(request.cursor, services);
    const names = (await services.docker.modules(signal)).map(({ name }) => name);
    const selected = 'module' in wanted ? [known(wanted, names)] : selectModules(wanted, names);
    return pages(selected, format, services, signal);
  },
  task: { operation: 'get module logs' },
});

function fromCursor(text: string, services: Services): { readonly wanted: Wanted; readonly format: LogFormat } {
  const { module, filter, format, position } = readCursor(text);
  const [selector] = readItems([{ id: 'all', filter }], services.now());
  if (!selector) throw new Error('one item gives one selector');
  return { wanted: { module, ask: selector.ask, filter, position }, format };
}

function known(wanted: Wanted, names: readonly string[]): Wanted {
  if (names.includes(wanted.module)) return wanted;
  throw new SupportError('not-found', `Module ${wanted.module} of the cursor is not on this device any more.`);
}

/**
 * A page of each module's log; what one leaves of its share of the answer the next ones may use. Of several logs one
 * that cannot be read is an `error` in its element; when there is nothing else, that error is the answer.
 */
async function pages(
  selected: readonly Wanted[],
  format: LogFormat,
  services: Services,
  signal: AbortSignal,
): Promise<readonly ModuleLogs[]> {
  const limitMs = Math.min(searchMs, services.settings().methodTimeoutSecs * 500);
  const deadline = performance.now() + limitMs;
  const answer: ModuleLogs[] = [];
  const failed: unknown[] = [];
  let left = largestLogs;
  for (const [index, { module, ask, filter, position }] of selected.entries()) {
    const fixed = fixedFilter(filter, ask);
    const place = (next: LogPosition) => writeCursor({ module, filter: fixed, format, position: next });
    // What stands beside the content: names, quotes, and a cursor of the largest size.
    const beside = 120 + module.length + place({ left: 2147483647, stamp: 'x'.repeat(30), same: 2147483647 }).length;
    const bytes = Math.floor(left / (selected.length - index)) - beside;
    const page = { module, ask, format, bytes, deadline, ...(position ? { position } : {}) };
    const own = await logPage(logSource(services), page, signal).then(
      (found) => element(module, found, format, place),
      (error: unknown): ModuleLogs => {
        if (signal.aborted || !(error instanceof SupportError) || error.code === 'bad-request') throw error;
        failed.push(error);
        return { id: module, payloadBytes: null, payload: null, error: messageOf(error).slice(0, 300) };
      },
    );
    answer.push(own);
    left -= Buffer.byteLength(JSON.stringify(own));
  }
  if (failed.length > 0 && failed.length === answer.length) throw failed[0];
  return answer;
}

function element(
  id: string,
  { content, next, warnings }: LogPage,
  { encoding }: LogFormat,
  place: (next: LogPosition) => string,
): ModuleLogs {
  return {
    id,
    payloadBytes: encoding === 'gzip' ? content.toString('base64') : null,
    payload: encoding === 'gzip' ? null : content.toString(),
    ...(next ? { cursor: place(next) } : {}),
    ...(warnings.length > 0 ? { warnings: warnings.map((text) => text.slice(0, 200)).slice(0, 3) } : {}),
  };
}
