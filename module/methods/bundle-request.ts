import { SupportError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { bundleCollectors } from '../bundle/bundle.ts';
import type { BundleAsk } from '../collectors/collector.ts';
import {
  choice,
  flag,
  formed,
  integer,
  list,
  optional,
  optionalUnlessBlank,
  record,
  text,
  withDefault,
} from '../config/values.ts';
import type { EdgeModule } from '../docker/docker.ts';
import { Unavailable } from '../facts/fact.ts';
import { parseTime, readItems, selectModules } from '../logs/logs.ts';
import { type Scope, scopes } from '../redact/redact.ts';
import { uploadFields } from './upload.ts';

/** What UploadSupportBundle takes; the first four are edgeAgent's. */
export const bundleRequest = record({
  // edgeAgent wants one but never looks at it.
  schemaVersion: optional(text()),
  since: optional(text()),
  until: optional(text()),
  edgeRuntimeOnly: optionalUnlessBlank(flag()),
  modules: optional(list(text())),
  include: optional(list(text())),
  exclude: optional(list(text())),
  maxBytes: optional(integer(1_000_000)),
  caseId: optional(formed(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, ".", "_" or "-", such as "CS-1234"')),
  redaction: optional(choice(...scopes)),
  dryRun: withDefault(flag(), false),
  ...uploadFields,
});

/** A request's parts that choose what goes in. */
export interface BundleChoice {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly edgeRuntimeOnly?: boolean | undefined;
  readonly modules?: readonly string[] | undefined;
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/** What a bundle is made by. */
export interface BundleRequest extends BundleChoice {
  readonly maxBytes?: number | undefined;
  readonly caseId?: string | undefined;
  readonly redaction?: Scope | undefined;
  readonly dryRun?: boolean | undefined;
}

const runtime = ['edgeAgent', 'edgeHub'];

/** As `iotedge support-bundle` has it. */
const usualSince = '1 day';

/** What a request asks for, ready for use. */
export interface BundleWish {
  readonly ask: BundleAsk;
  /** Those of the modules that the bundle is about. Throws Unavailable when there are others only. */
  pick(modules: readonly EdgeModule[]): readonly EdgeModule[];
  wanted(collector: string): boolean;
}

/** Checks a request, relative times counted from `now`. SupportError bad-request that names the field. */
export function readWish(request: BundleChoice, now: Date): BundleWish {
  const { since = usualSince, until, edgeRuntimeOnly = false, modules, include, exclude = [] } = request;
  const ids = bundleCollectors(() => undefined).map(({ id }) => id);
  for (const [field, names] of Object.entries({ include: include ?? [], exclude })) {
    for (const name of names) if (!ids.includes(name)) throw unknownCollector(field, name, ids);
  }
  const selectors = modules && readPatterns(modules, now);
  const ask: BundleAsk = {
    since: parseTime(since, 'since', now),
    ...(until === undefined ? {} : { until: parseTime(until, 'until', now) }),
  };
  if (ask.until !== undefined && ask.until <= (ask.since ?? 0)) throw emptyWindow(ask.until, request.since);
  return {
    ask,
    pick(all) {
      const names = all.map(({ name }) => name);
      const chosen = selectors ? selectModules(selectors, names).map(({ module }) => module) : names;
      const picked = all.filter(({ name }) => chosen.includes(name) && (!edgeRuntimeOnly || runtime.includes(name)));
      if (picked.length > 0 || all.length === 0) return picked;
      throw new Unavailable('unknown', `The request wants none of the modules that there are: ${names.join(', ')}.`);
    },
    wanted: (id) => (include === undefined || include.includes(id)) && !exclude.includes(id),
  };
}

/** Patterns as the ids of log requests are; a fault names the field of this one. */
function readPatterns(patterns: readonly string[], now: Date) {
  try {
    return readItems(
      patterns.map((id) => ({ id })),
      now,
    );
  } catch (error) {
    if (!(error instanceof SupportError)) throw error;
    throw new SupportError(error.code, error.message.replace(/items\[(\d+)\]\.id/, 'modules[$1]'));
  }
}

function emptyWindow(until: number, since: string | undefined): SupportError {
  const own = since === undefined ? `, which is "${usualSince}" when not given` : `, got "${since}"`;
  const end = new Date(until * 1000).toISOString();
  return new SupportError('bad-request', `since must be before until (${end})${own}.`);
}

function unknownCollector(field: string, name: string, ids: readonly string[]): SupportError {
  return new SupportError(
    'bad-request',
    `${field}: there is no collector "${name}"; near it: ${nearest(name, ids).join(', ')}. All: ${ids.join(', ')}.`,
  );
}
