import { setMaxListeners } from 'node:events';
import type { Agent } from 'node:https';
import { messageOf } from '../base/errors.ts';
import { within } from '../base/time.ts';
import type { InputMessage, MethodAnswer, MethodCall, Transport } from './hub.ts';
import type { ChannelLimits } from './limits.ts';
import { type Callback, CheckedBase, createTransport, inputsFilter, type MethodMessage } from './transport.ts';

type Properties = Readonly<Record<string, unknown>>;

export interface ClientOptions {
  readonly transport: Transport;
  /** Where to connect: edgeHub, the parent or IoT Hub. */
  readonly hostname: string;
  readonly iothubHostname: string;
  readonly deviceId: string;
  readonly moduleId: string;
  /** A shared access signature; it is never renewed, since a connection does not outlive its token. */
  readonly token: string;
  /** PEM; without it the certificates hold that Node trusts. */
  readonly ca: string | undefined;
  /** For WebSockets through a proxy. */
  readonly agent: Agent | undefined;
  readonly limits: Pick<ChannelLimits, 'openMs' | 'callMs' | 'proofMs' | 'closeMs'>;
  onMethod(call: MethodCall): Promise<MethodAnswer>;
  onInput(message: InputMessage): void;
  /** An answer that could not be sent, a message that could not be read: one sentence. */
  onProblem(text: string): void;
  onDesiredPatch(patch: Properties): void;
}

/**
 * One connection of the device SDK, used once. Every call has a limit of its own, because the SDK's waits have no end,
 * and rejects as soon as the connection is over.
 */
export interface Client {
  /** Connects and subscribes to methods and to changes of the twin. */
  open(signal: AbortSignal): Promise<void>;
  /** Subscribes to all inputs of the module, with QoS 1: what is not taken stays with the hub. */
  openInputs(): Promise<void>;
  readTwin(): Promise<{ readonly desired: Properties }>;
  report(patch: Properties): Promise<void>;
  /** Method calls that are not answered yet. */
  calls(): number;
  /** Takes the subscription to methods back: once this resolves, no more calls come. */
  stopCalls(): Promise<void>;
  /** Aborts when the connection is over, with an Error that says why. */
  readonly over: AbortSignal;
  /** Ends the connection, with a farewell if the hub still listens. Never rejects. */
  close(): Promise<void>;
}

/** Prepares a connection; nothing is sent before `open`. */
export function createClient(options: ClientOptions): Client {
  const { limits } = options;
  const ended = new AbortController();
  const over = ended.signal;
  setMaxListeners(0, over);
  const end = (why: string) => ended.abort(new Error(why));
  const base = new CheckedBase(options.onProblem, options.onInput);
  let opened = false;
  let calls = 0;
  const transport = createTransport(options, over, base, {
    onMethod: (message) => void answer(message),
    // The transport says so once too often: its state machine enters `disconnected` in its constructor.
    onDisconnect: (error) => opened && end(error === undefined ? 'disconnected' : messageOf(error)),
  });
  transport.on('twinDesiredPropertiesUpdate', options.onDesiredPatch);
  transport.on('error', (error) => end(messageOf(error)));
  // `ca` and `mqtt` are all there is: without `ca` a second call would take the first one's away.
  transport.setOptions({
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.agent === undefined ? {} : { mqtt: { webSocketAgent: options.agent } }),
  });

  /** A call of the SDK as a promise, with a limit and with the end of the connection as another. */
  function call<T>(limitMs: number, what: string, start: (done: Callback<T>) => void, signal = over): Promise<T> {
    const work = () =>
      new Promise<T>((resolve, reject) => {
        start((error, result) => (error ? reject(error) : resolve(result as T)));
      });
    return within(limitMs, what, work, signal);
  }

  async function answer({ requestId, methods, body }: MethodMessage): Promise<void> {
    const name = methods.methodName;
    calls += 1;
    try {
      const { status, body: payload } = await options.onMethod({ name, payload: body });
      const response = { requestId, status, payload, isResponseComplete: true, properties: {} };
      // A connection that is over must not be used: the SDK would connect it again, beside the one that follows.
      await call(limits.callMs, `Sending the answer of ${name}`, (done) =>
        transport.sendMethodResponse(response as never, done),
      );
    } catch (error) {
      options.onProblem(`The answer of ${name} could not be sent: ${messageOf(error)}`);
    } finally {
      calls -= 1;
    }
  }

  return {
    over,
    calls: () => calls,
    stopCalls: () => call(limits.callMs, 'Unsubscribing from methods', (done) => transport.disableMethods(done)),
    async open(outer) {
      const signal = AbortSignal.any([outer, over]);
      const step = (what: string, start: (done: Callback<unknown>) => void) => call(limits.openMs, what, start, signal);
      await step('Connecting', (done) => transport.connect(done));
      opened = true;
      await step('Subscribing to methods', (done) => transport.enableMethods(done));
      await step('Subscribing to the twin', (done) => transport.enableTwinDesiredPropertiesUpdates(done));
    },
    openInputs: () =>
      // Not by the SDK, which counts a subscription that was refused as one that stands.
      call(limits.callMs, 'Subscribing to inputs', (done) =>
        base.subscribe(inputsFilter(options.deviceId, options.moduleId), { qos: 1 }, (error) => done(error)),
      ),
    readTwin: () => call(limits.proofMs, 'Reading the module twin', (done) => transport.getTwin(done as never)),
    report: (patch) =>
      call(limits.callMs, 'Reporting properties', (done) => transport.updateTwinReportedProperties(patch, done)),
    async close() {
      end('closed');
      const farewell = () => new Promise<void>((done) => transport.disconnect(() => done()));
      await within(limits.closeMs, 'Taking leave', farewell).catch(() => undefined);
      base.destroy();
    },
  };
}
