import { setMaxListeners } from 'node:events';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { describeMs, sleep } from '../base/time.ts';
import type { Hub, HubListener, HubState, Via } from './hub.ts';
import type { Session } from './session.ts';
import { type TendParts, tendSession } from './tend.ts';
import { createWays, type Ending, type WaysParts } from './ways.ts';

export interface ChannelParts extends WaysParts {
  readonly listener: Pick<HubListener, 'onState' | 'onGiveUp'>;
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
  return {
    report: async (patch) => {
      if (!session) throw new Error('There is no connection.');
      await session.report(patch);
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

/** The log of the connection: one line for each change of its state, and one for each new reason of failing. */
function createSayings({ listener, log, nameOf }: ChannelParts) {
  let told = '';
  let complaint = '';
  const state = (own: HubState, via: Via, why: string) => {
    const text = `The connection to ${nameOf(via)} is ${own}`;
    if (own === 'open') complaint = '';
    if (own === 'deaf') complaint = why;
    if (text === told) return;
    told = text;
    log[own === 'deaf' ? 'warning' : 'info'](why === '' ? `${text}.` : `${text}: ${why}.`);
    listener.onState(own);
  };
  return {
    state,
    closed() {
      log.info('The connection is closed.');
      listener.onState('closed');
    },
    ending(via: Via, { kind, why }: Ending) {
      const reason = why.replace(/\.+$/, '');
      const text = `${beginnings[kind](nameOf(via))}: ${reason}.`;
      const known = complaint === reason;
      if (kind === 'renewed' || kind === 'returning') log.info(text);
      else log[known ? 'debug' : 'warning'](text);
      complaint = reason;
    },
    /** Why the connection does not work, as far as is known. */
    why: () => complaint || 'the first one is still being made',
  };
}

const beginnings: Readonly<Record<Ending['kind'], (name: string) => string>> = {
  failed: (name) => `Connecting to ${name} failed`,
  lost: (name) => `The connection to ${name} was lost`,
  deaf: (name) => `The connection to ${name} is made anew`,
  renewed: (name) => `The connection to ${name} is made anew`,
  returning: (name) => `The connection to ${name} is left`,
};
