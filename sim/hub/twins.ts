import { badRequest, HubError } from './errors.ts';
import { checkProperties, checkSize } from './twin-limits.ts';

export type Properties = Record<string, unknown>;

/** One module's twin. The versions count changes of their section, starting at 1, as `$version` shows them. */
export interface Twin {
  desired: Properties;
  reported: Properties;
  tags: Properties;
  desiredVersion: number;
  reportedVersion: number;
  /** Counts changes by the service side; the etag is made of it. */
  serviceVersion: number;
  desiredUpdated: string;
  reportedUpdated: string;
}

/** A twin as it is when its module was just created. */
export function newTwin(): Twin {
  const now = new Date().toISOString();
  return {
    desired: {},
    reported: {},
    tags: {},
    desiredVersion: 1,
    reportedVersion: 1,
    serviceVersion: 1,
    desiredUpdated: now,
    reportedUpdated: now,
  };
}

/** Applies a reported patch. Returns the new version. Throws a HubError: 400 for what may not be, 413 for too much. */
export function patchReported(twin: Twin, patch: unknown): number {
  const reported = merged('reported', twin.reported, patch);
  twin.reported = reported;
  twin.reportedVersion += 1;
  twin.reportedUpdated = new Date().toISOString();
  return twin.reportedVersion;
}

/** Applies a desired patch. Returns the new version. Throws as `patchReported` does. */
export function patchDesired(twin: Twin, patch: unknown): number {
  const desired = merged('desired', twin.desired, patch);
  twin.desired = desired;
  twin.desiredVersion += 1;
  twin.serviceVersion += 1;
  twin.desiredUpdated = new Date().toISOString();
  return twin.desiredVersion;
}

/** The patch that turns `from` into `to`: what a module is told when its desired properties are replaced. */
export function patchBetween(from: Properties, to: Properties): Properties {
  const removed = Object.keys(from).filter((key) => !(key in to));
  return { ...to, ...Object.fromEntries(removed.map((key) => [key, null])) };
}

/** The twin's etag, without quotes. */
export function etagOf(twin: Twin): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(twin.serviceVersion));
  return bytes.toString('base64');
}

/** Throws 412 unless an If-Match header (absent, `*`, or an etag, quoted or not) fits the twin. */
export function checkEtag(twin: Twin, ifMatch: string | undefined): void {
  const wanted = ifMatch?.replace(/^"|"$/g, '');
  if (wanted === undefined || wanted === '*' || wanted === etagOf(twin)) return;
  const text = `Precondition failed: expected etag ${etagOf(twin)}, got ${wanted}`;
  throw new HubError('registry', 412001, 'PreconditionFailed', text);
}

/** The twin as a module reads it over MQTT. */
export function twinForModule(twin: Twin): Record<string, Properties> {
  return {
    desired: { ...twin.desired, $version: twin.desiredVersion },
    reported: { ...twin.reported, $version: twin.reportedVersion },
  };
}

/** JSON merge: null removes a key. Returns a new object, so that a refused patch leaves the twin as it was. */
export function merge(target: Properties, patch: Properties): Properties {
  const result: Properties = structuredClone(target);
  for (const [key, value] of Object.entries(patch)) {
    const before = result[key];
    if (value === null) delete result[key];
    else if (isProperties(value)) result[key] = merge(isProperties(before) ? before : {}, value);
    else result[key] = structuredClone(value);
  }
  return result;
}

export function isProperties(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merged(section: string, target: Properties, patch: unknown): Properties {
  if (!isProperties(patch))
    throw badRequest(`expected an object of ${section} properties, got ${JSON.stringify(patch)}`);
  checkProperties(patch);
  const result = merge(target, patch);
  checkSize(section, result);
  return result;
}
