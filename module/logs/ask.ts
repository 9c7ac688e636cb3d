import { SupportError } from '../base/errors.ts';
import { compilePattern, matchNames, type Pattern } from './pattern.ts';
import { parseTime } from './time.ts';

/** A filter as on the wire, after schema validation (contract: edgeAgent's ModuleLogFilter). */
export interface LogFilter {
  readonly tail?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly loglevel?: number | undefined;
  readonly regex?: string | undefined;
  readonly includeTimestamp?: boolean | undefined;
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
}

/** Checks ids and filters of all items. Throws a SupportError `bad-request` that names the field. */
export function readItems(items: readonly LogItem[], now: Date): readonly LogSelector[] {
  return items.map(({ id, filter }, index) => ({
    pick: readId(id, `items[${index}].id`),
    ask: readFilter(filter ?? {}, `items[${index}].filter`, now),
  }));
}

/** Each module with what is asked of it, in the order of `modules`: the first item that means a module wins. */
export function selectModules(
  selectors: readonly LogSelector[],
  modules: readonly string[],
): readonly { readonly module: string; readonly ask: LogAsk }[] {
  const asks = new Map<string, LogAsk>();
  for (const { pick, ask } of selectors) {
    for (const module of pick(modules.filter((name) => !asks.has(name)))) asks.set(module, ask);
  }
  return modules.flatMap((module) => {
    const ask = asks.get(module);
    return ask === undefined ? [] : [{ module, ask }];
  });
}

function readId(id: string, field: string): LogSelector['pick'] {
  if (id.trim() === '') throw new SupportError('bad-request', 'id is null or whitespace.');
  if (id.toLowerCase() === 'all') return (modules) => modules;
  const pattern = compilePattern(id, field, 'i');
  return (modules) => matchNames(pattern, modules);
}

function readFilter(filter: LogFilter, field: string, now: Date): LogAsk {
  const { since, until, tail, loglevel, regex, includeTimestamp } = filter;
  if (tail !== undefined && tail < 0) {
    throw new SupportError('bad-request', `invalid parameter: tail. Expected 0 or more in ${field}.tail, got ${tail}.`);
  }
  return {
    ...readWindow({ since, until }, field, now),
    ...(loglevel === undefined ? {} : { level: loglevel }),
    ...(regex === undefined || regex === '' ? {} : { pattern: compilePattern(regex, `${field}.regex`) }),
    ...(tail === undefined ? {} : { tail }),
    timestamps: includeTimestamp ?? false,
  };
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
