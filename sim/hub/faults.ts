import type { Certified } from '../pki.ts';
import type { Endpoint } from './events.ts';

/** What the broker and the method router look at; tests set it. */
export interface FaultState {
  /** Twin requests are taken but never answered. */
  withholdTwinAnswers: boolean;
  /** A connection made while this is set is dropped so many seconds later, whatever its token says. */
  tokenLifetimeSecs: number | undefined;
  /** Milliseconds a method request is held back before it goes to the module. */
  delayMs: number;
  /** Method answers are taken from the module and never given to the caller, who gets 504101. */
  noAnswerDelivered: boolean;
}

/** `refuse`: SUBACK with failure (0x80). `ignore`: SUBACK with success, but nothing is registered. */
export type Swallow = 'refuse' | 'ignore';

/** Faults a test can inject. Each stays until it is taken back. */
export interface HubFaults extends FaultState {
  /** Drops the module's connections, or all, abruptly; they may come back at once and find their session. */
  cut(moduleId?: string): void;
  /** Stops an endpoint: its ports refuse, its connections are dropped. Sessions are kept. */
  down(endpoint: Endpoint): Promise<void>;
  /** Starts an endpoint that is down. */
  up(endpoint: Endpoint): Promise<void>;
  /**
   * Forgets an endpoint's persistent sessions and drops its connections, as an edgeHub does that was removed and
   * created again: a client that comes back with clean=false finds no session and no subscriptions.
   */
  loseSessions(endpoint?: Endpoint): Promise<void>;
  /** From now on SUBSCRIBEs to exactly this topic filter fail; undefined takes it back. `how` is `ignore` by default. */
  swallowSubscribe(filter: string | undefined, how?: Swallow): void;
  /** An endpoint presents this certificate to new connections, on one port or on all; without one, its own again. */
  present(endpoint: Endpoint, certificate?: Certified, port?: number): void;
  /** The hub forgets that the module subscribed to methods; the module is told nothing. */
  dropMethodSubscription(moduleId: string): Promise<void>;
}

/** No fault. */
export function noFaults(): FaultState {
  return { withholdTwinAnswers: false, tokenLifetimeSecs: undefined, delayMs: 0, noAnswerDelivered: false };
}
