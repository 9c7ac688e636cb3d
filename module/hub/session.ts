import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { sleep, within } from '../base/time.ts';
import { type Client, createClient } from './client.ts';
import { createToken, type Identity } from './credentials.ts';
import type { Endpoint } from './endpoints.ts';
import type { HubListener, Transport, Via } from './hub.ts';
import type { Inputs } from './inputs.ts';
import type { ChannelLimits } from './limits.ts';
import { createSelfCall, type Hearing } from './self-call.ts';
import { trackDesired } from './twin.ts';

/** What one look at a connection gave. `twin` is undefined when the round trip worked, else why it did not. */
export interface Proof {
  readonly twin: string | undefined;
  readonly hearing: Hearing;
}

/** One connection, from its subscriptions to its end; it is used once. */
export interface Session {
  readonly via: Via;
  readonly transport: Transport;
  /** Aborts when the connection is over, with an Error that says why. */
  readonly over: AbortSignal;
  /** Proves both ways at once; the twin that is read goes to the listener. Rejects only when the connection is over. */
  prove(): Promise<Proof>;
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  /** Lets the calls that are under way be answered and takes no more, for up to twice so many milliseconds. */
  drain(patienceMs: number): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

export interface SessionParts {
  readonly identity: Identity;
  readonly listener: Pick<HubListener, 'onMethod' | 'onDesired' | 'onTwinRead' | 'onInput'>;
  readonly inputs: Inputs;
  readonly limits: ChannelLimits;
  readonly log: Log;
}

/** Connects to the endpoint over the first of its transports that works. Rejects with the reasons of all. */
export async function openSession(
  parts: SessionParts,
  endpoint: Endpoint,
  chosen: Transport,
  signal: AbortSignal,
): Promise<Session> {
  const { limits } = parts;
  const failures: unknown[] = [];
  for (const way of endpoint.transports(chosen)) {
    try {
      const connecting = `Connecting to ${endpoint.hostname}`;
      return await within(limits.openMs, connecting, (limit) => openOver(parts, endpoint, way, limit), signal);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(new Error(`${messageOf(error).replace(/\.+$/, '')} (${way.transport})`));
    }
  }
  throw new AggregateError(failures);
}

type Way = ReturnType<Endpoint['transports']>[number];

async function openOver(
  { identity, listener, inputs, limits, log }: SessionParts,
  endpoint: Endpoint,
  { transport, agent }: Way,
  signal: AbortSignal,
): Promise<Session> {
  const { iothubHostname, deviceId, moduleId } = identity;
  const { hostname, via } = endpoint;
  const [ca, token] = await Promise.all([endpoint.trust(signal), createToken(identity, limits.tokenSecs, signal)]);
  const desired = trackDesired(listener.onDesired);
  const address = { hostname, deviceId, moduleId, token, ca };
  // IoT Hub itself offers no calls from module to module.
  const selfCall = via === 'edgeHub' ? createSelfCall({ ...address, limitMs: limits.proofMs }) : undefined;
  const client = createClient({
    ...address,
    iothubHostname,
    transport,
    agent,
    limits,
    onMethod: async (call) => (selfCall?.recognise(call) ? { status: 200, body: null } : await listener.onMethod(call)),
    onInput: listener.onInput,
    onProblem: log.warning,
    onDesiredPatch: (patch) => {
      if (!desired.patch(patch)) readTwin().catch((error: unknown) => log.debug(messageOf(error)));
    },
  });
  const readTwin = async () => {
    desired.reading();
    const twin = await client.readTwin();
    client.over.throwIfAborted();
    desired.whole(twin.desired);
    listener.onTwinRead();
  };
  try {
    await client.open(signal);
  } catch (error) {
    await client.close();
    throw error;
  }
  if (via === 'edgeHub') void inputs.keep(client);
  else inputs.none(`this module is connected to ${endpoint.name} directly, where there are no routes to modules`);
  return {
    via,
    transport,
    over: client.over,
    drain: (patienceMs) => drain(client, patienceMs),
    report: client.report,
    close: client.close,
    prove: () => prove(client, readTwin, selfCall?.call),
  };
}

async function prove(
  client: Client,
  readTwin: () => Promise<void>,
  callSelf: ((signal: AbortSignal) => Promise<Hearing>) | undefined,
): Promise<Proof> {
  const notOffered: Hearing = { outcome: 'not-offered', why: 'IoT Hub itself offers no calls between modules' };
  const [twin, hearing] = await Promise.all([
    readTwin().then(() => undefined, messageOf),
    callSelf?.(client.over) ?? notOffered,
  ]);
  client.over.throwIfAborted();
  return { twin, hearing };
}

/**
 * Calls lose their answer with the connection they came by, and one that is sent while it is being closed is lost. So
 * first a moment without calls is waited for, since until then further ones are welcome; then no more are taken.
 */
async function drain(client: Client, patienceMs: number): Promise<void> {
  const idle = async () => {
    const end = performance.now() + patienceMs;
    while (client.calls() > 0 && performance.now() < end) await sleep(20, client.over);
  };
  await idle();
  await client.stopCalls();
  await idle();
}
