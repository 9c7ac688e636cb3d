import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certified, Pki } from '../pki.ts';
import { readLogin, readSas, sasFault } from './auth.ts';
import { type Admission, type Broker, createBroker, type Session } from './broker.ts';
import { createJournal, type Endpoint, type HubEvent } from './events.ts';
import { type HubFaults, noFaults, type Swallow } from './faults.ts';
import { type Answer, errorAnswer, type Request, readRequest, writeAnswer } from './http.ts';
import { createInputs } from './inputs.ts';
import { createListener, type Listener } from './listen.ts';
import { createMessages, sendDesired } from './messages.ts';
import { createMethods } from './methods.ts';
import { answerEdge } from './module-to-module.ts';
import { createRegistry } from './registry.ts';
import type { RouteText } from './routes.ts';
import { answerService } from './service.ts';
import { METHODS } from './topics.ts';
import { patchDesired } from './twins.ts';

export type { HubEvent } from './events.ts';
export type { HubFaults } from './faults.ts';

export interface HubOptions {
  readonly pki: Pki;
  readonly deviceId: string;
  /** IoT Hub's host name as clients know it; may be an IP address. */
  readonly hubHostName: string;
  /** IoT Hub itself: 8883 (MQTT), 443 (service side, MQTT over WebSockets), 5671 (TLS handshake only). */
  readonly cloud: { readonly address: string };
  /** The device's own edgeHub: the same ports; on 443 one module invokes another. */
  readonly edge: { readonly address: string; readonly hostName: string };
  readonly log?: (line: string) => void;
}

/** A hub for one device. Cloud and edge share identities, twins and methods, as edgeHub proxies IoT Hub. */
export interface SimHub {
  /** `HostName=…;SharedAccessKeyName=iothubowner;SharedAccessKey=…`, as the service SDK takes it. */
  readonly serviceConnectionString: string;
  readonly rootCertificate: string;
  /**
   * The service side once more, on the loopback: the way of operators, who are not on the device's network and see
   * nothing of its firewall and of what a faulty hub presents.
   */
  readonly operators: { readonly host: string; readonly port: number };
  /** Registers a module identity; `key` is base64. Idempotent. */
  register(moduleId: string): { readonly moduleId: string; readonly generationId: string; readonly key: string };
  readonly faults: HubFaults;
  /** What happened, oldest first; the newest 2000 are kept. */
  readonly events: readonly HubEvent[];
  /** Whether the module is connected to either endpoint. */
  connected(moduleId: string): boolean;
  /** A copy of the module's properties, without `$version`. Throws when the module is not registered. */
  twin(moduleId: string): { desired: Record<string, unknown>; reported: Record<string, unknown> };
  /** Changes desired properties as the service side would. Throws a HubError on what a twin may not hold. */
  patchDesired(moduleId: string, patch: Record<string, unknown>): void;
  /** edgeHub's routes from now on, by name, as a deployment has them. Throws on one that edgeHub would not read. */
  setRoutes(routes: Readonly<Record<string, RouteText>>): void;
  /** Messages for the module's inputs that it has not acknowledged yet. */
  stored(moduleId: string): number;
  stop(): Promise<void>;
}

/** Starts a hub; it listens when the promise resolves. Rejects when one of its ports is taken. */
export async function startHub(options: HubOptions): Promise<SimHub> {
  const { pki, deviceId, hubHostName, cloud, edge, log } = options;
  const serviceKey = randomBytes(32).toString('base64');
  const { events, record } = createJournal(log);
  const state = noFaults();
  const registry = createRegistry();
  const swallowed = new Map<string, Swallow>();
  const brokers: Partial<Record<Endpoint, Broker>> = {};
  const sessions = (): readonly Session[] => Object.values(brokers).flatMap((broker) => broker.sessions());
  const methods = createMethods({ sessions, faults: state, record });
  const inputs = createInputs({ deviceId, sessions, record });
  const twinOf = (id: string) => identity(id).twin;
  const onMessage = createMessages({ faults: state, methods, twinOf, sent: inputs.sent, record });
  let order = 0;

  function identity(moduleId: string) {
    const found = registry.find(moduleId);
    if (found === undefined) throw new Error(`module ${moduleId} is not registered at the simulated hub`);
    return found;
  }

  function admit(clientId: string, userName: string | undefined, password: string | undefined): Admission {
    const login = readLogin(clientId, userName);
    if (typeof login === 'string') return { refused: login, who: clientId };
    const { moduleId } = login;
    const known = registry.find(moduleId);
    if (login.hub.toLowerCase() !== hubHostName.toLowerCase() || login.deviceId !== deviceId || known === undefined)
      return { refused: `no identity ${login.hub}/${login.deviceId}/${moduleId} here`, who: clientId };
    const sas = readSas(password);
    const fault = sasFault(sas, `${hubHostName}/devices/${deviceId}/modules/${moduleId}`, known.key);
    if (sas === undefined || fault !== undefined) return { refused: fault ?? 'no token', who: clientId };
    return { moduleId, expires: sas.expires };
  }

  function changeDesired(moduleId: string, patch: Record<string, unknown>): void {
    const version = patchDesired(identity(moduleId).twin, patch);
    record({ type: 'desired', moduleId, patch, version });
    sendDesired(sessions(), moduleId, patch, version);
  }

  const connected = (moduleId: string): boolean => sessions().some((session) => session.moduleId === moduleId);
  const shared = { deviceId, hubHostName, serviceKey, registry, methods, connected, patchDesired: changeDesired };
  const refused = (endpoint: Endpoint) => (who: string, why: string) => record({ type: 'refused', endpoint, who, why });
  const service = { ...shared, refused: refused('cloud') };
  const local = { ...shared, refused: refused('edge') };

  async function endpoint(name: Endpoint, address: string, onRequest: (request: Request) => Promise<Answer>) {
    const broker = await createBroker({
      endpoint: name,
      deviceId,
      faults: state,
      admit,
      swallows: (filter) => swallowed.get(filter),
      nextOrder: () => {
        order += 1;
        return order;
      },
      record,
      onReady: () => {
        methods.ready();
        inputs.ready();
      },
      onMessage,
    });
    brokers[name] = broker;
    const issuer = name === 'cloud' ? 'root' : 'edgeCa';
    const names = name === 'cloud' ? [hubHostName, address] : [edge.hostName, address];
    return createListener({
      address,
      certificate: await pki.server(names, { issuer }),
      onHttp: (request, response) => void serve(request, response, onRequest),
      onMqtt: broker.accept,
      log,
    });
  }

  const listeners: Record<Endpoint, Listener> = {
    cloud: await endpoint('cloud', cloud.address, (request) => answerService(service, request)),
    edge: await endpoint('edge', edge.address, (request) => answerEdge(local, request)),
  };

  const { privateKey: key, chain: cert } = await pki.server([hubHostName], { issuer: 'root' });
  const operators = https.createServer({ key, cert }, (request, response) => {
    void serve(request, response, (one) => answerService(service, one));
  });

  async function stop(): Promise<void> {
    if (operators.listening) await closed(operators);
    await Promise.all(Object.values(listeners).map((listener) => listener.down()));
    await Promise.all(Object.values(brokers).map((broker) => broker.close()));
  }

  try {
    await listeners.cloud.up();
    await listeners.edge.up();
    operators.listen(0, '127.0.0.1');
    await once(operators, 'listening');
  } catch (error) {
    await stop();
    throw error;
  }

  const faults: HubFaults = Object.assign(state, {
    cut(moduleId?: string) {
      for (const session of sessions())
        if (moduleId === undefined || session.moduleId === moduleId) session.drop('the connection was cut');
    },
    async down(name: Endpoint) {
      for (const session of brokers[name]?.sessions() ?? []) session.drop('the endpoint went down');
      await listeners[name].down();
    },
    up: (name: Endpoint) => listeners[name].up(),
    async loseSessions(name: Endpoint = 'edge') {
      if (name === 'edge') inputs.forget();
      await brokers[name]?.forgetSessions();
    },
    swallowSubscribe(filter: string | undefined, how: Swallow = 'ignore') {
      swallowed.clear();
      if (filter !== undefined) swallowed.set(filter, how);
    },
    present(name: Endpoint, certificate?: Certified, port?: number) {
      listeners[name].present(certificate, port);
    },
    async dropMethodSubscription(moduleId: string) {
      await Promise.all(Object.values(brokers).map((broker) => broker.unsubscribe(moduleId, METHODS)));
    },
  });

  return {
    serviceConnectionString: `HostName=${hubHostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${serviceKey}`,
    rootCertificate: pki.rootCertificate,
    operators: { host: '127.0.0.1', port: (operators.address() as AddressInfo).port },
    register(moduleId) {
      const { generationId, key } = registry.register(moduleId);
      return { moduleId, generationId, key };
    },
    faults,
    events,
    connected,
    twin(moduleId) {
      const { desired, reported } = identity(moduleId).twin;
      return structuredClone({ desired, reported });
    },
    patchDesired: changeDesired,
    setRoutes: inputs.setRoutes,
    stored: inputs.stored,
    stop,
  };
}

async function closed(server: https.Server): Promise<void> {
  const done = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await done;
}

/** Answers one HTTPS request, whatever happens. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  onRequest: (request: Request) => Promise<Answer>,
): Promise<void> {
  try {
    writeAnswer(response, await onRequest(await readRequest(request, response)));
  } catch (error) {
    writeAnswer(response, errorAnswer(error));
  }
}
