import { setMaxListeners } from 'node:events';
import common from 'azure-iot-common';
import device from 'azure-iot-device';
import mqtt from 'azure-iot-device-mqtt';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { sleep, within } from '../base/time.ts';
import type { Hub, HubListener } from './hub.ts';

/** The SDK's own waits have no end (`RetryOperation` looks at its deadline only when an operation fails). */
const openLimitMs = 60_000;
const callLimitMs = 30_000;

/** What of the SDK's transport is used beneath the module client; `emit` sees every method, whatever its name. */
interface MethodMessage {
  readonly requestId: string;
  readonly methods: { readonly methodName: string };
  readonly body?: Buffer;
}

/** One lifetime of an SDK client: after any disconnect it is thrown away, since its subscriptions may be lost. */
interface Session {
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  /** Resolves with the reason when the connection is gone. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/**
 * Connects to edgeHub with what IoT Edge put in the environment (`ModuleClient.fromEnvironment`, MQTT), and again
 * whenever the connection is lost, with exponential backoff and jitter from 1 s to 5 min, for ever.
 */
export function connectHub(listener: HubListener, log: Log): Hub {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  let session: Session | undefined;
  const running = (async () => {
    for (let failures = 0; !closing.signal.aborted; ) {
      listener.onState('connecting');
      try {
        session = await openSession(listener, log, closing.signal);
        failures = 0;
        listener.onState('open');
        const reason = await session.ended;
        if (!closing.signal.aborted) log.warning(`The connection to edgeHub was lost: ${reason.replace(/\.+$/, '')}.`);
      } catch (error) {
        failures += 1;
        if (!closing.signal.aborted) log.warning(`Connecting to edgeHub failed: ${messageOf(error)}`);
      }
      await session?.close();
      session = undefined;
      if (!closing.signal.aborted) await sleep(backoffMs(failures), closing.signal).catch(() => undefined);
    }
    listener.onState('closed');
  })();
  return {
    report: async (patch) => {
      if (!session) throw new Error('There is no connection to edgeHub.');
      await session.report(patch);
    },
    close: async () => {
      closing.abort();
      await session?.close();
      await running;
    },
  };
}

/** 1 s doubling to 5 min, and up to half of it less, so that a fleet does not return all at once. */
function backoffMs(failures: number): number {
  const full = Math.min(300_000, 1000 * 2 ** Math.min(failures, 20));
  return full * (0.5 + Math.random() / 2);
}

async function openSession(listener: HubListener, log: Log, signal: AbortSignal): Promise<Session> {
  const ended = Promise.withResolvers<string>();
  // A call on a transport that is disconnected would make it connect again, beside the session that follows.
  const over = new AbortController();
  ended.promise.then((reason) => over.abort(new Error(`The connection to edgeHub was lost: ${reason}`)));
  const live = AbortSignal.any([signal, over.signal]);
  let opened = false;
  const transport = transportThat({
    onMethod: (message, own) => void answer(message, own, listener, log),
    // The transport says so once too often: its state machine enters `disconnected` in its constructor.
    onDisconnect: (error) => {
      if (opened) ended.resolve(error === undefined ? 'disconnected' : messageOf(error));
    },
  });
  const client = await within(
    callLimitMs,
    'Asking the IoT Edge workload API for the trust bundle',
    () => device.ModuleClient.fromEnvironment(transport),
    signal,
  );
  client.setRetryPolicy(new common.NoRetry());
  client.on('error', (error: Error) => ended.resolve(messageOf(error)));
  client.on('disconnect', () => ended.resolve('disconnected'));
  const close = async () => {
    ended.resolve('closed');
    await within(5000, 'Closing the connection', async () => client.close()).catch(() => undefined);
    client.removeAllListeners();
    client.on('error', () => undefined);
  };
  try {
    await within(openLimitMs, 'Connecting', async () => client.open(), signal);
    opened = true;
    // Any name will do: it makes the SDK subscribe to methods, and `emit` sees them before this handler would.
    client.onMethod('Ping', () => undefined);
  } catch (error) {
    await close();
    throw error;
  }
  // A hub that does not answer twin requests must not make the module unreachable: its methods still work.
  const twin = readTwin(client, listener, live);
  twin.catch((error: unknown) => log.warning(`The twin could not be read: ${messageOf(error)}`));
  return { ended: ended.promise, close, report: async (patch) => report(await twin, patch, live) };
}

async function readTwin(client: device.ModuleClient, listener: HubListener, signal: AbortSignal): Promise<device.Twin> {
  const twin = await within(callLimitMs, 'Reading the module twin', async () => client.getTwin(), signal);
  const tell = tellOnce(twin, listener);
  tell();
  listener.onTwinRead();
  signal.throwIfAborted();
  twin.on('properties.desired', tell);
  return twin;
}

function report(twin: device.Twin, patch: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
  const update = async () => {
    const done = Promise.withResolvers<void>();
    twin.properties.reported.update(patch, (error: Error | null) => (error ? done.reject(error) : done.resolve()));
    await done.promise;
  };
  return within(callLimitMs, 'Reporting properties', update, signal);
}

/** Tells the listener the whole set of desired properties; the SDK calls at once, and sometimes twice for a version. */
function tellOnce(twin: device.Twin, listener: HubListener): () => void {
  let told: unknown;
  return () => {
    const { desired } = twin.properties;
    if (told !== undefined && told === desired.$version) return;
    told = desired.$version;
    listener.onDesired(desired);
  };
}

interface TransportEvents {
  onMethod(message: MethodMessage, transport: InstanceType<typeof mqtt.Mqtt>): void;
  onDisconnect(error: unknown): void;
}

/**
 * The SDK's MQTT transport, watched. The SDK drops methods it has no handler for, and wants each name registered in
 * one spelling; here every method arrives with its raw payload, so that any name gets an answer.
 */
function transportThat({ onMethod, onDisconnect }: TransportEvents): typeof mqtt.Mqtt {
  return class WatchedMqtt extends mqtt.Mqtt {
    override emit(event: string | symbol, ...args: unknown[]): boolean {
      if (typeof event === 'string' && event.startsWith('method_')) {
        onMethod(args[0] as MethodMessage, this);
        return true;
      }
      if (event === 'disconnect') onDisconnect(args[0]);
      return super.emit(event, ...args);
    }
  };
}

async function answer(
  { requestId, methods, body }: MethodMessage,
  transport: InstanceType<typeof mqtt.Mqtt>,
  listener: HubListener,
  log: Log,
): Promise<void> {
  const name = methods.methodName;
  const { status, body: payload } = await listener.onMethod({ name, payload: body });
  const response = { requestId, status, payload, isResponseComplete: true, properties: {} };
  try {
    await within(callLimitMs, `Sending the answer of ${name}`, async () => {
      const done = Promise.withResolvers<void>();
      transport.sendMethodResponse(response as never, (error?: Error) => (error ? done.reject(error) : done.resolve()));
      await done.promise;
    });
  } catch (error) {
    log.warning(`The answer of ${name} could not be sent: ${messageOf(error)}`);
  }
}
