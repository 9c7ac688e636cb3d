type Properties = Readonly<Record<string, unknown>>;

/** The desired properties of one connection, put together from whole twins and patches. */
export interface Desired {
  /** A twin is about to be read: patches that arrive meanwhile are kept for `whole`. */
  reading(): void;
  /** The twin that was read. */
  whole(desired: Properties): void;
  /** A change; false when one before it was missed and the twin must be read again. */
  patch(patch: Properties): boolean;
}

/**
 * Tells `onDesired` the whole set after each change of it, once per version. The SDK's own Twin is not used, because
 * reading it again empties it first: a patch that arrived then would stand there as if it were the whole, and the
 * owner's policy would be gone for that moment.
 */
export function trackDesired(onDesired: (desired: Properties) => void): Desired {
  let known: Properties | undefined;
  let waiting: Properties[] | undefined;
  const take = (next: Properties) => {
    const news = known === undefined || known['$version'] !== next['$version'];
    known = next;
    if (news) onDesired(next);
  };
  return {
    reading() {
      waiting = [];
    },
    whole(desired) {
      const late = (waiting ?? []).filter((patch) => version(patch) > version(desired));
      waiting = undefined;
      take(late.reduce(merge, desired));
    },
    patch(patch) {
      waiting?.push(patch);
      if (known === undefined || version(patch) <= version(known)) return true;
      const next = version(patch) === version(known) + 1;
      if (next) take(merge(known, patch));
      return next;
    },
  };
}

const version = (properties: Properties) => Number(properties['$version'] ?? 0);

const isObject = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A twin's patch: null takes away, an object goes into the one that stands there, everything else replaces. */
function merge(before: Properties, patch: Properties): Properties {
  const merged: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else if (isObject(value)) merged[name] = merge(isObject(merged[name]) ? merged[name] : {}, value);
    else merged[name] = value;
  }
  return merged;
}
