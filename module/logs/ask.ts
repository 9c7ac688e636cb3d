import { SupportError } from '../base/errors.ts';
import { parseLevel } from './level.ts';
import { compilePattern, matchNames, type Pattern } from './pattern.ts';
import type { RecordStart } from './records.ts';
import { parseTime } from './time.ts';

/** A filter as on the wire, after schema validation (contract: edgeAgent's ModuleLogFilter). */
export interface LogFilter {
  readonly tail?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly loglevel?: number | undefined;
  readonly regex?: string | undefined;
  readonly includeTimestamp?: boolean | undefined;
  /** Ours: this severe or worse, by name or number. */
  readonly minLevel?: string | undefined;
  /** Ours: lines of one record stay together; a text is a pattern that its first line matches. */
  readonly multiline?: string | undefined;
}

export interface LogItem {
  readonly id: string;
  readonly filter?: LogFilter | undefined;
}

/** What of one module's log is wanted: a window, then filters, then the last so many lines. */
export interface LogAsk {
  /** Unix seconds. */
  readonly since?: number;
  /** Unix seconds. */
  readonly until?: number;
  /** Lines of exactly this level. */
  readonly level?: number;
  /** Lines this severe or worse: smaller is worse. */
  readonly minLevel?: number;
  /** Joins the lines of a record before anything is filtered. */
  readonly records?: RecordStart;
  /** Lines in whose text this is found. */
  readonly pattern?: Pattern;
  /** The last so many of what is left. */
  readonly tail?: number;
  /** Each line of text begins with the engine's timestamp. */
  readonly timestamps: boolean;
}

/** One item of a request, ready for use. */
export interface LogSelector {
  /** Those of the modules that the item's id means. */
  readonly pick: (modules: readonly string[]) => readonly string[];
  readonly ask: LogAsk;
  /** What the request says, for a cursor. */
  readonly filter: LogFilter;
}

/** Checks ids and filters of all items. Throws a SupportError `bad-request` that names the field. */
export function readItems(items: readonly LogItem[], now: Date): readonly LogSelector[] {
  return items.map(({ id, filter }, index) => ({
    pick: readId(id, `items[${index}].id`),
    ask: readFilter(filter ?? {}, `items[${index}].filter`, now),
    filter: filter ?? {},
  }));
}

/** A module whose log is wanted, and what of it. */
export interface SelectedLog {
  readonly module: string;
  readonly ask: LogAsk;
  readonly filter: LogFilter;
}

/** Each module with what is asked of it, in the order of `modules`: the first item that means a module wins. */
export function selectModules(selectors: readonly LogSelector[], modules: readonly string[]): readonly SelectedLog[] {
  const found = new Map<string, SelectedLog>();
  for (const { pick, ask, filter } of selectors) {
    for (const module of pick(modules.filter((name) => !found.has(name)))) found.set(module, { module, ask, filter });
  }
  return modules.flatMap((module) => found.get(module) ?? []);
}

function readId(id: string, field: string): LogSelector['pick'] {
  if (id.trim() === '') throw new SupportError('bad-request', 'id is null or whitespace.');
  if (id.toLowerCase() === 'all') return (modules) => modules;
  const pattern = compilePattern(id, field, 'i');
  return (modules) => matchNames(pattern, modules);
}

function readFilter(filter: LogFilter, field: string, now: Date): LogAsk {
  const { since, until, tail, loglevel, minLevel, multiline, regex, includeTimestamp } = filter;
  if (tail !== undefined && tail < 0) {
    throw new SupportError('bad-request', `invalid parameter: tail. Expected 0 or more in ${field}.tail, got ${tail}.`);
  }
  return {
    ...readWindow({ since, until }, field, now),
    ...(loglevel === undefined ? {} : { level: loglevel }),
    ...(minLevel === undefined || minLevel === '' ? {} : { minLevel: parseLevel(minLevel, `${field}.minLevel`) }),
    ...readMultiline(multiline, `${field}.multiline`),
    ...(regex === undefined || regex === '' ? {} : { pattern: compilePattern(regex, `${field}.regex`) }),
    ...(tail === undefined ? {} : { tail }),
    timestamps: includeTimestamp ?? false,
  };
}

function readMultiline(value: string | undefined, field: string): Pick<LogAsk, 'records'> {
  if (value === undefined || value === '' || value.toLowerCase() === 'false') return {};
  return { records: value.toLowerCase() === 'true' ? 'auto' : compilePattern(value, field) };
}

/** `since` and `until` of a request as Unix seconds; empty ones mean no limit. Throws as parseTime does. */
function readWindow(
  { since, until }: { readonly since?: string | undefined; readonly until?: string | undefined },
  field: string,
  now: Date,
): Pick<LogAsk, 'since' | 'until'> {
  return {
    ...(since === undefined || since === '' ? {} : { since: parseTime(since, `${field}.since`, now) }),
    ...(until === undefined || until === '' ? {} : { until: parseTime(until, `${field}.until`, now) }),
  };
}
