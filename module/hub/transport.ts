import { EventEmitter } from 'node:events';
import common from 'azure-iot-common';
import mqtt from 'azure-iot-device-mqtt';
import mqttBase from 'azure-iot-mqtt-base';
import mqttPacket from 'mqtt-packet';
import { messageOf } from '../base/errors.ts';
import type { InputMessage, Transport } from './hub.ts';

// It keeps every number of 16 bits as two bytes ready to send, some 8 MB in all; we send a few packets a minute.
mqttPacket.writeToStream.cacheNumbers = false;

export interface TransportOptions {
  readonly transport: Transport;
  readonly hostname: string;
  readonly iothubHostname: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly token: string;
}

/** What the SDK passes for a method call. */
export interface MethodMessage {
  readonly requestId: string;
  readonly methods: { readonly methodName: string };
  readonly body?: Buffer;
}

export type Callback<T> = (error?: Error | null, result?: T) => void;

interface TransportEvents {
  onMethod(message: MethodMessage): void;
  onDisconnect(error: unknown): void;
}

/**
 * The SDK's transport, watched. It is used without the SDK's client around it, which drops methods that it has no
 * handler for, does not tell when a subscription stands, and starts its calls again for four minutes.
 */
export function createTransport(
  { transport, hostname, iothubHostname, deviceId, moduleId, token }: TransportOptions,
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

/** The topic filter of all inputs of a module. */
export const inputsFilter = (deviceId: string, moduleId: string) =>
  `${common.endpoint.moduleInputMessagePath(deviceId, moduleId).slice(1)}/#`;

/** `devices/{device}/modules/{module}/inputs/{input}/{properties}`; without properties the last slash may be missing. */
const inputTopic = /^devices\/[^/]+\/modules\/[^/]+\/inputs\/([^/]+)(?:\/(.*))?$/s;

/**
 * The SDK's MQTT layer: a subscription that the hub refuses is an error, a message that the SDK cannot read is not the
 * end of the process, and the socket can be destroyed. Messages for inputs do not reach the SDK, which makes a JSON text
 * of each for a debug line that nobody reads, and ends as an error what it cannot decode.
 */
export class CheckedBase extends mqttBase.MqttBase {
  readonly #raw: Raw[] = [];
  readonly #onProblem: (text: string) => void;
  readonly #onInput: (message: InputMessage) => void;

  constructor(onProblem: (text: string) => void, onInput: (message: InputMessage) => void) {
    super();
    this.#onProblem = onProblem;
    this.#onInput = onInput;
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
      if (event === 'message') {
        const [topic, body] = args as [string, Buffer];
        const [, input, bag = ''] = inputTopic.exec(topic) ?? [];
        if (input !== undefined) {
          this.#onInput({ input, bag, body });
          return true;
        }
      }
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
