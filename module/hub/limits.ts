/** How long the connection waits for what, in milliseconds unless the name says otherwise. */
export interface ChannelLimits {
  /** Connecting, from the dial to the subscriptions. */
  readonly openMs: number;
  /** Each other call of the SDK: an answer sent, a patch reported. */
  readonly callMs: number;
  /** Each proof that the connection works: a twin round trip, a call of our own. */
  readonly proofMs: number;
  /** Taking leave of the hub before the socket is destroyed. */
  readonly closeMs: number;
  /** The TLS dial that finds out whether edgeHub is back. */
  readonly dialMs: number;
  /** The pause after a failure, and what it doubles up to. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** How often edgeHub is dialled during a direct connection; after a return in vain the pause doubles up to the second. */
  readonly returnEveryMs: number;
  readonly returnMaxMs: number;
  /** How long a token is valid; the connection is made anew when seven tenths of that are over. */
  readonly tokenSecs: number;
  /** How often is looked whether it is time to give up. */
  readonly watchMs: number;
}

export const channelLimits: ChannelLimits = {
  openMs: 60_000,
  callMs: 30_000,
  proofMs: 30_000,
  closeMs: 1000,
  dialMs: 5000,
  backoffMinMs: 1000,
  backoffMaxMs: 300_000,
  returnEveryMs: 15_000,
  returnMaxMs: 1_800_000,
  tokenSecs: 3600,
  watchMs: 5000,
};

/**
 * The pause after so many failures in a row: `minMs` after the first, doubling to `maxMs`, and up to half of it less, so
 * that a fleet does not return all at once.
 */
export function backoffMs(failures: number, minMs: number, maxMs: number): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(Math.max(failures - 1, 0), 30));
  return full * (0.5 + Math.random() / 2);
}
