import { messageOf } from '../base/errors.ts';
import { sleep } from '../base/time.ts';
import type { ChannelOptions, HubState, Via } from './hub.ts';
import { backoffMs, type ChannelLimits } from './limits.ts';
import type { Proof, Session } from './session.ts';
import type { Ending, Ways } from './ways.ts';

export interface TendParts {
  readonly options: () => ChannelOptions;
  readonly limits: ChannelLimits;
  readonly ways: Ways;
  /** Failed proofs in a row, over any number of connections. */
  readonly unproven: { count: number };
  readonly say: (state: HubState, via: Via, why: string) => void;
  /** A connection proved for the first time, or again after it was deaf, that it works. */
  readonly onProved: (session: Session, proof: Proof) => void;
}

/** How long a connection that is to be replaced waits for calls that are not answered yet. */
const patienceMs = 30_000;

/** Watches over one connection until it ends or is to be thrown away. */
export async function tendSession(session: Session, parts: TendParts): Promise<Ending> {
  const { over } = session;
  const lost = new Promise<Ending>((resolve) => {
    const tell = () => resolve({ kind: 'lost', why: messageOf(over.reason) });
    if (over.aborted) tell();
    else over.addEventListener('abort', tell, { once: true });
  });
  const watch: Watch = { session, lost, leaving: false };
  const watches = [untilDeaf(watch, parts), untilRenewal(watch, parts)];
  if (session.via !== parts.ways.first) watches.push(untilReturn(watch, parts));
  const unlessOver = (error: unknown) => (over.aborted ? lost : Promise.reject(error));
  return await Promise.race([lost, ...watches.map((one) => one.catch(unlessOver))]);
}

interface Watch {
  readonly session: Session;
  readonly lost: Promise<Ending>;
  /** No more calls are taken: that none arrive says nothing any more. */
  leaving: boolean;
}

/**
 * A first failed proof ends the connection at once: most deafness is cured by a new one. If it is not, the connection
 * is kept for the pause, since calls may come through all the same, and proves itself once more before it is replaced.
 */
async function untilDeaf(watch: Watch, parts: TendParts): Promise<Ending> {
  const { session, lost } = watch;
  const { ways, unproven, say, options, limits } = parts;
  const { via, over } = session;
  let proved = false;
  for (let patient = true; ; ) {
    const proof = await session.prove();
    if (watch.leaving) return lost;
    const why = faultOf(proof);
    if (why === undefined) {
      ways.works(via);
      unproven.count = 0;
      say('open', via, '');
      if (!proved) parts.onProved(session, proof);
      proved = true;
      await sleep(options().probeEverySecs * 1000, over);
      continue;
    }
    if (proof.hearing.outcome === 'heard') ways.works(via);
    else ways.fails(via);
    say('deaf', via, why);
    unproven.count += 1;
    if (unproven.count === 1 || proved || !patient || ways.fallbackInMs() === 0) {
      // Where calls come through, those that are under way keep their answers.
      if (proof.hearing.outcome === 'heard') await leave(watch, patienceMs);
      return { kind: 'deaf', why };
    }
    patient = false;
    const pauseMs = backoffMs(unproven.count - 1, limits.backoffMinMs, limits.backoffMaxMs);
    await sleep(Math.min(pauseMs, ways.fallbackInMs()), over);
  }
}

/** What keeps the connection from counting as working, if anything. */
function faultOf({ twin, hearing }: Proof): string | undefined {
  const faults = [...(hearing.outcome === 'deaf' ? [hearing.why] : []), ...(twin === undefined ? [] : [twin])];
  return faults.length === 0 ? undefined : faults.map((fault) => fault.replace(/\.+$/, '')).join('; ');
}

/** The token is not renewed within a connection, since the SDK would reconnect beneath its own subscriptions. */
async function untilRenewal(watch: Watch, { limits }: TendParts): Promise<Ending> {
  await sleep(limits.tokenSecs * 700, watch.session.over);
  await leave(watch, Math.min(patienceMs, limits.tokenSecs * 100));
  return { kind: 'renewed', why: 'the token runs out' };
}

async function untilReturn(watch: Watch, { ways }: TendParts): Promise<Ending> {
  const why = await ways.untilReturn(watch.session.over);
  await leave(watch, patienceMs);
  return { kind: 'returning', why };
}

async function leave(watch: Watch, patienceMs: number): Promise<void> {
  watch.leaving = true;
  await watch.session.drain(patienceMs);
}
