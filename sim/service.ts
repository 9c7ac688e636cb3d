import { createHmac } from 'node:crypto';
import { Agent } from 'node:https';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import iotCommon from 'azure-iot-common';
import iothub from 'azure-iothub';

export interface ServiceOptions {
  /** `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…` */
  readonly connectionString: string;
  /** PEM of the root that signed the hub's certificate. */
  readonly rootCertificate: string;
  readonly deviceId: string;
  /** Where to connect to instead of the hub's name and port 443. */
  readonly at?: { readonly host: string; readonly port: number };
}

export interface MethodAnswer {
  readonly status: number;
  readonly payload: unknown;
}

export interface InvokeOptions {
  /** How long the hub waits for the module, 5 to 300; default 30. */
  readonly timeoutSecs?: number;
}

export interface Service {
  /** Invokes a direct method with the service SDK. Throws with the hub's words when the hub itself refuses. */
  invoke(moduleId: string, method: string, payload: unknown, options?: InvokeOptions): Promise<MethodAnswer>;
  close(): void;
}

/** A back-end application that invokes methods: the real azure-iothub client, over HTTPS to the simulated hub. */
export function createService(options: ServiceOptions): Service {
  const client = iothub.Client.fromConnectionString(options.connectionString);
  client.setRetryPolicy(new iotCommon.NoRetry());
  const agent = new Agent({ ca: options.rootCertificate, keepAlive: true });
  const { at } = options;
  if (at) {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (to, done) => {
      // The name asked for and verified stays the hub's.
      const name = to.host ?? '';
      const checked = {
        checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
      };
      return connect({ ...to, ...at, ...checked, servername: isIP(name) ? '' : name } as typeof to, done);
    };
  }
  httpOptions(client).setOptions({ http: { agent } });
  return {
    invoke: async (moduleId, methodName, payload, { timeoutSecs = 30 } = {}) => {
      const params = { methodName, payload, responseTimeoutInSeconds: timeoutSecs };
      try {
        const { result } = await client.invokeDeviceMethod(options.deviceId, moduleId, params);
        return result as MethodAnswer;
      } catch (error) {
        throw new Error(`The hub refused ${methodName} on ${moduleId}: ${hubWords(error)}`);
      }
    },
    close: () => agent.destroy(),
  };
}

/** The hub's own sentence lies as JSON in the `Message` of the JSON body; without one the SDK's error must do. */
function hubWords(error: unknown): string {
  const { message, responseBody } = error as Error & { responseBody?: string };
  try {
    const inner = JSON.parse((JSON.parse(responseBody ?? '') as { Message: string }).Message) as Record<
      string,
      unknown
    >;
    return `${inner.errorCode} ${inner.message}`;
  } catch {
    return responseBody ? `${message} ${responseBody}` : message;
  }
}

/** The SDK offers no way to name a root certificate; its HTTP client takes an agent, as its own constructor does. */
function httpOptions(client: unknown): { setOptions(options: { http: { agent: Agent } }): void } {
  return (client as { _restApiClient: ReturnType<typeof httpOptions> })._restApiClient;
}

/**
 * A service SAS for the connection string, good for so many seconds, as `az iot hub generate-sas-token` makes one.
 * Source: "Control access to IoT Hub with shared access signatures", token structure.
 */
export function serviceSas(connectionString: string, lifetimeSecs: number): string {
  const parts = new Map(
    connectionString.split(';').map((part) => [part.split('=')[0], part.slice(part.indexOf('=') + 1)]),
  );
  const resource = encodeURIComponent(parts.get('HostName') ?? '');
  const expiry = Math.floor(Date.now() / 1000) + lifetimeSecs;
  const key = Buffer.from(parts.get('SharedAccessKey') ?? '', 'base64');
  const signature = createHmac('sha256', key).update(`${resource}\n${expiry}`).digest('base64');
  const policy = parts.get('SharedAccessKeyName') ?? '';
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${policy}`;
}
