import { EventEmitter, setMaxListeners } from 'node:events';
import type { Agent } from 'node:https';
import common from 'azure-iot-common';
import mqtt from 'azure-iot-device-mqtt';
import mqttBase from 'azure-iot-mqtt-base';
import { messageOf } from '../base/errors.ts';
import { within } from '../base/time.ts';
import type { MethodAnswer, MethodCall, Transport } from './hub.ts';
import type { ChannelLimits } from './limits.ts';

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

/** What the SDK passes for a method call. */
interface MethodMessage {
  readonly requestId: string;
  readonly methods: { readonly methodName: string };
  readonly body?: Buffer;
}

type Callback<T> = (error?: Error | null, result?: T) => void;

/** Prepares a connection; nothing is sent before `open`. */
export function createClient(options: ClientOptions): Client {
  const { limits } = options;
  const ended = new AbortController();
  const over = ended.signal;
  setMaxListeners(0, over);
  const end = (why: string) => ended.abort(new Error(why));
  const base = new CheckedBase(options.onProblem);
  let opened = false;
  let calls = 0;
  const transport = transportFor(options, over, base, {
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

interface TransportEvents {
  onMethod(message: MethodMessage): void;
  onDisconnect(error: unknown): void;
}

/**
 * The SDK's transport, watched. It is used without the SDK's client around it, which drops methods that it has no
 * handler for, does not tell when a subscription stands, and starts its calls again for four minutes.
 */
function transportFor(
  { transport, hostname, iothubHostname, deviceId, moduleId, token }: ClientOptions,
  over: AbortSignal,
  base: CheckedBase,
  { onMethod, onDisconnect }: TransportEvents,
): InstanceType<typeof mqtt.Mqtt> {
  const Sdk = transport === 'mqttws' ? mqtt.MqttWs : mqtt.Mqtt;
  class Watched extends Sdk {
    override emit(event: string | symbol, ...args: unknown[]): boolean {
      if (typeof event === 'string' && event.startsWith('method_')) {
        onMethod(args[0] as MethodMessage);
        return true;
      }
      if (event === 'disconnect') onDisconnect(args[0]);
      return super.emit(event, ...args);
    }
  }
  const credentials = {
    host: iothubHostname,
    gatewayHostName: hostname,
    deviceId,
    moduleId,
    sharedAccessSignature: token,
  };
  const provider = Object.assign(new EventEmitter(), {
    type: common.AuthenticationType.Token,
    // The state machine connects of its own accord when something is asked of it while it is disconnected.
    getDeviceCredentials: (done: Callback<typeof credentials>) =>
      over.aborted ? done(over.reason as Error) : done(null, credentials),
    stop: () => undefined,
  });
  return new Watched(provider as never, base);
}

/** What is used of the MQTT client beneath the SDK. */
interface Raw {
  readonly stream: { destroy(): void };
  end(force: boolean): void;
}

/**
 * The SDK's MQTT layer: a subscription that the hub refuses is an error, a message that the SDK cannot read is not the
 * end of the process, and the socket can be destroyed.
 */
class CheckedBase extends mqttBase.MqttBase {
  readonly #raw: Raw[] = [];
  readonly #onProblem: (text: string) => void;

  constructor(onProblem: (text: string) => void) {
    super();
    this.#onProblem = onProblem;
    const inside = this as unknown as { mqttProvider: { connect(uri: string, options: object): Raw } };
    const { connect } = inside.mqttProvider;
    inside.mqttProvider = {
      connect: (uri, options) => {
        const raw = connect(uri, options);
        this.#raw.push(raw);
        return raw;
      },
    };
  }

  override subscribe(...[topic, options, callback]: Parameters<InstanceType<typeof mqttBase.MqttBase>['subscribe']>) {
    super.subscribe(topic, options, (error, granted: readonly { readonly qos: number }[] | undefined) => {
      const refused = granted?.some(({ qos }) => qos >= 128) ? new Error(`the hub refused ${topic}`) : undefined;
      callback(error ?? refused, granted);
    });
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    try {
      return super.emit(event, ...args);
    } catch (error) {
      if (event !== 'message') throw error;
      this.#onProblem(`A message of the hub could not be read: ${messageOf(error)}`);
      return true;
    }
  }

  /** An MQTT client that says farewell waits for an answer, on a dead link for a quarter of an hour. */
  destroy(): void {
    for (const raw of this.#raw) {
      raw.stream.destroy();
      raw.end(true);
    }
  }
}
