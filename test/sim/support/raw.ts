import { createHmac } from 'node:crypto';
import mqttBase from 'azure-iot-mqtt-base';
import { DEVICE, type TestHub } from './hub.ts';

/** A bare MQTT client of a module, below the SDK's own logic: what it sends is what the test says. */
export interface RawClient {
  readonly messages: readonly { readonly topic: string; readonly body: string }[];
  connect(): Promise<void>;
  subscribe(filter: string): Promise<readonly { topic: string; qos: number }[]>;
  publish(topic: string, body?: string): void;
  disconnect(): Promise<void>;
  /** Resolves when the hub drops the connection. */
  readonly dropped: Promise<unknown>;
}

export interface RawOptions {
  readonly moduleId: string;
  readonly via?: 'edge' | 'cloud';
  readonly webSockets?: boolean;
  readonly clean?: boolean;
  readonly token?: string;
  readonly clientId?: string;
  readonly username?: string;
}

/** A token of the module, valid for `secs` seconds. */
export function moduleToken({ hub, cloudHost }: TestHub, moduleId: string, secs = 60): string {
  const sr = encodeURIComponent(`${cloudHost}/devices/${DEVICE}/modules/${moduleId}`);
  return signed(sr, hub.register(moduleId).key, secs);
}

/** A token of the service side. */
export function serviceToken({ hub, cloudHost }: TestHub, secs = 60): string {
  const key = hub.serviceConnectionString.split('SharedAccessKey=')[1] ?? '';
  return `${signed(cloudHost, key, secs)}&skn=iothubowner`;
}

function signed(sr: string, key: string, secs: number): string {
  const se = Math.floor(Date.now() / 1000) + secs;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(signature)}&se=${se}`;
}

/** Prepares a client; nothing is sent before `connect`. */
export function rawClient(test: TestHub, options: RawOptions): RawClient {
  const { moduleId, via = 'edge' } = options;
  const host = via === 'edge' ? test.edgeHost : test.cloudHost;
  const clientId = options.clientId ?? `${DEVICE}/${moduleId}`;
  const base = new mqttBase.MqttBase();
  const messages: { topic: string; body: string }[] = [];
  base.setOptions({ ca: test.hub.rootCertificate });
  base.on('message', (topic: string, body: Buffer) => messages.push({ topic, body: body.toString() }));
  const dropped = new Promise((resolve) => {
    base.on('error', resolve);
  });
  return {
    messages,
    dropped,
    connect: () =>
      new Promise((resolve, reject) => {
        base.connect(
          {
            uri: options.webSockets === true ? `wss://${host}:443/$iothub/websocket` : `mqtts://${host}`,
            clientId,
            username: options.username ?? `${test.cloudHost}/${DEVICE}/${moduleId}/?api-version=2021-04-12`,
            sharedAccessSignature: options.token ?? moduleToken(test, moduleId),
            clean: options.clean ?? false,
          },
          (error) => (error ? reject(error) : resolve()),
        );
      }),
    subscribe: (filter) =>
      new Promise((resolve, reject) => {
        base.subscribe(filter, { qos: 0 }, (error, granted) => (error ? reject(error) : resolve(granted)));
      }),
    publish(topic, body = '') {
      base.publish(topic, body, { qos: 0, retain: false }, () => undefined);
    },
    disconnect: () => new Promise((resolve) => base.disconnect(() => resolve())),
  };
}
