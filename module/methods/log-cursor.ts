import { SupportError } from '../base/errors.ts';
import { choice, integer, optional, record, requiredText, text } from '../config/values.ts';
import type { LogAsk, LogFilter } from '../logs/ask.ts';
import type { LogFormat } from '../logs/logs.ts';
import type { LogPosition } from '../logs/paged.ts';
import { filterSchema } from './log-request.ts';

/** What a cursor says: everything that it takes to go on, so that nothing has to be remembered here. */
export interface LogCursor {
  readonly module: string;
  readonly filter: LogFilter;
  readonly format: LogFormat;
  readonly position: LogPosition;
}

const schema = record({
  m: requiredText(),
  f: filterSchema,
  e: choice('none', 'gzip'),
  c: choice('json', 'text', 'ndjson'),
  s: text(),
  skip: optional(integer(0)),
  left: optional(integer(0)),
  same: optional(integer(0)),
});

/** A cursor as text, without characters that would need quoting. */
export function writeCursor({ module, filter, format, position }: LogCursor): string {
  const { stamp, ...place } = position;
  const same = 'same' in place ? { same: Math.min(place.same, 2147483647) } : {};
  const value = { m: module, f: filter, e: format.encoding, c: format.contentType, s: stamp, ...place, ...same };
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Reads a cursor, which came from outside like any payload; SupportError bad-request when it is none of ours. */
export function readCursor(cursor: string): LogCursor {
  const refused = new SupportError('bad-request', 'cursor is not one that GetModuleLogs gave: pass it on as it came.');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw refused;
  }
  const { success, data } = schema.safeParse(value);
  if (!success) throw refused;
  const { m: module, f: filter, e: encoding, c: contentType, s: stamp, skip, left, same } = data;
  const format = { encoding, contentType };
  if (skip !== undefined) return { module, filter, format, position: { skip, stamp } };
  if (left === undefined || same === undefined || Number.isNaN(Date.parse(stamp))) throw refused;
  return { module, filter, format, position: { left, stamp, same } };
}

/** The request's filter with its window fixed, so that "15m" means the same moment in every page. */
export function fixedFilter(filter: LogFilter | undefined, { since, until }: LogAsk): LogFilter {
  return {
    ...filter,
    ...(since === undefined ? {} : { since: String(since) }),
    ...(until === undefined ? {} : { until: String(until) }),
  };
}
