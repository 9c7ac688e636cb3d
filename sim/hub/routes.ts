/** One route of edgeHub, of those that this hub understands. */
export interface Route {
  /** What a message's source begins with, or is. */
  readonly from: string;
  readonly wildcard: boolean;
  /** False: the route is off, by the condition `false`. */
  readonly on: boolean;
  /** undefined: upstream, which is not simulated. */
  readonly into: { readonly moduleId: string; readonly input: string } | undefined;
}

/** A route as a deployment has it: its text alone, or with a priority and a time to live of its own. */
export type RouteText = string | { readonly route: string };

const form =
  /^FROM\s+(\/\S+)(?:\s+WHERE\s+(.+?))?\s+INTO\s+(?:(\$upstream)|BrokeredEndpoint\("\/modules\/([^/"]+)\/inputs\/([^/"]+)"\))$/i;

/**
 * Reads a route ("Learn how to deploy modules and establish routes in IoT Edge", declare routes). Of conditions only
 * `true` and `false` are understood, the two words that edgeHub's own language has. Throws on everything else.
 */
export function readRoute(route: RouteText): Route {
  const text = typeof route === 'string' ? route : route.route;
  const [, source = '', condition = 'true', upstream, moduleId = '', input = ''] = form.exec(text.trim()) ?? [];
  if (source === '') throw new Error(`edgeHub would not read this route: ${text}`);
  if (condition !== 'true' && condition !== 'false') throw new Error(`conditions are not simulated: ${condition}`);
  return {
    from: source.replace(/\*$/, ''),
    wildcard: source.endsWith('*'),
    on: condition === 'true',
    into: upstream === undefined ? { moduleId, input } : undefined,
  };
}

/** Whether a message of this module and output takes the route; without an output its source ends with the module. */
export function takes({ from, wildcard, on }: Route, moduleId: string, output: string | undefined): boolean {
  const source = `/messages/modules/${moduleId}${output === undefined ? '/' : `/outputs/${output}`}`;
  return on && (wildcard ? source.startsWith(from) : source === from);
}
