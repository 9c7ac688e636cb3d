import { messageOf, SupportError } from '../base/errors.ts';
import { within } from '../base/time.ts';
import { clock } from './clock.ts';
import { edgeContainers } from './edge-containers.ts';
import { engineInfo } from './engine-info.ts';
import { engineVersion } from './engine-version.ts';
import { environment } from './environment.ts';
import { type Fact, type Missing, type Reading, Unavailable, type World } from './fact.ts';
import { networks } from './networks.ts';
import { resolver } from './resolver.ts';
import { system } from './system.ts';
import { upstream } from './upstream.ts';

/** Every fact, by the name that checks, the bundle and the tests use. */
export const facts = {
  environment,
  system,
  resolver,
  engineVersion,
  engineInfo,
  edgeContainers,
  networks,
  upstream,
  clock,
} satisfies Readonly<Record<string, Fact<unknown>>>;

export type FactName = keyof typeof facts;
export type Facts = { readonly [K in FactName]: Awaited<ReturnType<(typeof facts)[K]['read']>> };
export type Readings<N extends FactName = FactName> = { readonly [K in N]: Reading<Facts[K]> };

export interface ReadOptions {
  /** The longest that one fact may take, in milliseconds; 10 s by default. */
  readonly limitMs?: number;
  /** Ends all reading: facts that are not there yet are then unavailable with reason `deadline`. */
  readonly signal?: AbortSignal;
}

/** Reads each named fact once, all at the same time. Never rejects: a fact that fails says why it has no value. */
export async function readFacts<N extends FactName>(
  names: readonly N[],
  world: World,
  { limitMs = 10_000, signal }: ReadOptions = {},
): Promise<Readings<N>> {
  const entries = await Promise.all(
    [...new Set(names)].map(async (name) => [name, await readOne(facts[name], world, limitMs, signal)] as const),
  );
  return Object.fromEntries(entries) as Readings<N>;
}

async function readOne(
  fact: Fact<unknown>,
  world: World,
  limitMs: number,
  outer: AbortSignal | undefined,
): Promise<Reading<unknown>> {
  const started = performance.now();
  const took = () => ({ tookMs: Math.round(performance.now() - started) });
  try {
    const value = await within(limitMs, fact.about, (signal) => fact.read(world, signal, limitMs), outer);
    return { value, ...took() };
  } catch (error) {
    return {
      ...(outer?.aborted ? { unavailable: 'deadline', why: messageOf(outer.reason) } : missing(error)),
      ...took(),
    };
  }
}

function missing(error: unknown): Missing {
  const why = messageOf(error);
  if (error instanceof Unavailable) return { unavailable: error.reason, why };
  if (error instanceof SupportError && error.code === 'timeout') return { unavailable: 'deadline', why };
  if (error instanceof SupportError && error.code === 'unavailable') return { unavailable: 'docker-unavailable', why };
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === 'EACCES' || code === 'EPERM') return { unavailable: 'permission-denied', why };
  return { unavailable: 'unreadable', why };
}
