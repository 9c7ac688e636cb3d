import { setMaxListeners } from 'node:events';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { describeMs, sleep } from '../base/time.ts';
import type { Hub, HubListener, HubState, Via } from './hub.ts';
import type { Session } from './session.ts';
import { type TendParts, tendSession } from './tend.ts';
import { createWays, type Ending, type WaysParts } from './ways.ts';

export interface ChannelParts extends WaysParts {
  readonly listener: Pick<HubListener, 'onState' | 'onEnded' | 'onGiveUp'>;
  readonly log: Log;
  /** What a way is called in the log. */
  readonly nameOf: (via: Via) => string;
  readonly open: (via: Via, signal: AbortSignal) => Promise<Session>;
  readonly onProved: TendParts['onProved'];
}

/**
 * Keeps one connection, for ever: opens it, has it prove that it works, throws it away when it does not, and goes the
 * other way while the first one fails. Times are taken from the monotonic clock.
 */
export function startChannel(parts: ChannelParts): Hub {
  const { listener, options, limits } = parts;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const sayings = createSayings(parts);
  const ways = createWays(parts);
  const tending: TendParts = { ...parts, ways, unproven: { count: 0 }, say: sayings.state };
  let session: Session | undefined;

  async function once(via: Via): Promise<Ending> {
    sayings.state('connecting', via, '');
    try {
      session = await parts.open(via, closing.signal);
    } catch (error) {
      return { kind: 'failed', why: messageOf(error) };
    }
    try {
      return await tendSession(session, tending);
    } finally {
      const done = session;
      session = undefined;
      await done.close();
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      const via = await ways.next(closing.signal);
      const ending = await once(via);
      closing.signal.throwIfAborted();
      sayings.ending(via, ending);
      listener.onEnded?.(via, ending.kind);
      await sleep(ways.ended(via, ending), closing.signal);
    }
  }

  let watching: NodeJS.Timeout;
  const giveUp = (reason: string) => {
    clearInterval(watching);
    listener.onGiveUp(reason);
  };
  watching = setInterval(() => {
    const failingMs = ways.failingMs();
    if (failingMs < options().giveUpAfterSecs * 1000) return;
    giveUp(
      `No connection to ${parts.ways.map(parts.nameOf).join(' or ')} has worked for ${describeMs(failingMs)}; ${sayings.why()}.`,
    );
  }, limits.watchMs);

  const running = run().catch((error: unknown) => {
    // Without it the module would live on unreachable.
    if (!closing.signal.aborted) giveUp(`The connection is kept no longer: ${messageOf(error)}`);
  });
  const connected = () => {
    if (!session) throw new Error('There is no connection.');
    return session;
  };
  return {
    report: async (patch) => connected().report(patch),
    prove: async () => {
      const { via, transport, prove } = connected();
      const started = performance.now();
      const { twin, hearing } = await prove();
      const tookMs = Math.round(performance.now() - started);
      return { via, transport, ...(twin === undefined ? {} : { twinProblem: twin }), hearing, tookMs };
    },
    close: async () => {
      clearInterval(watching);
      closing.abort(new Error('closed'));
      await session?.close();
      await running;
      sayings.closed();
    },
  };
}

/** Reasons that were given are given again only after the connection has worked; so many of them are remembered. */
const rememberedReasons = 50;

/** The log of the connection: one line for each change of its state, and one for each new reason of failing. */
function createSayings({ listener, log, nameOf }: ChannelParts) {
  const said = new Set<string>();
  const faults = new Map<Via, string>();
  let told = '';
  const news = (level: 'warning' | 'info', text: string) => {
    log[said.has(text) ? 'debug' : level](text);
    if (said.size < rememberedReasons) said.add(text);
  };
  return {
    state(own: HubState, via: Via, why: string) {
      if (own === 'deaf') faults.set(via, why);
      if (told === `${own} ${via}`) return;
      told = `${own} ${via}`;
      if (own === 'open') {
        said.clear();
        faults.clear();
        log.info(`The connection to ${nameOf(via)} is open.`);
      } else {
        const text = `The connection to ${nameOf(via)} is ${own}`;
        news(own === 'deaf' ? 'warning' : 'info', why === '' ? `${text}.` : `${text}: ${why}.`);
      }
      listener.onState(own, via);
    },
    closed() {
      log.info('The connection is closed.');
      listener.onState('closed');
    },
    ending(via: Via, { kind, why }: Ending) {
      const reason = why.replace(/\.+$/, '');
      const failed = kind === 'failed' || kind === 'lost';
      if (failed) faults.set(via, reason);
      news(failed ? 'warning' : 'info', `${beginnings[kind](nameOf(via))}: ${reason}.`);
    },
    /** Why the connection does not work, as far as is known. */
    why: () =>
      [...faults].map(([via, fault]) => `${nameOf(via)}: ${fault}`).join('; ') || 'the first one is still being made',
  };
}

const beginnings: Readonly<Record<Ending['kind'], (name: string) => string>> = {
  failed: (name) => `Connecting to ${name} failed`,
  lost: (name) => `The connection to ${name} was lost`,
  deaf: (name) => `The connection to ${name} is made anew`,
  renewed: (name) => `The connection to ${name} is made anew`,
  returning: (name) => `The connection to ${name} is left`,
};
