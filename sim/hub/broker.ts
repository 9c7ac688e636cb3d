import type { Duplex } from 'node:stream';
import { Aedes, type Client, type PublishPacket, type Subscription } from 'aedes';
import type { Endpoint, NewEvent } from './events.ts';
import type { FaultState, Swallow } from './faults.ts';
import { maySubscribe, type Published, readTopic } from './topics.ts';

/** A live connection of a module to one endpoint. */
export interface Session {
  readonly endpoint: Endpoint;
  readonly moduleId: string;
  /** Order of connecting: a higher number came later. */
  readonly order: number;
  subscribed(filter: string): boolean;
  publish(topic: string, body: string): void;
  /** With QoS 1; resolves when the module has acknowledged it, be it over a later connection, or the session is forgotten. */
  deliver(topic: string, body: Buffer): Promise<void>;
  drop(why: string): void;
}

/** Who may connect, decided from client id, user name and password of a CONNECT. */
export type Admission =
  | { readonly moduleId: string; readonly expires: number }
  | { readonly refused: string; readonly who: string };

export interface BrokerParts {
  readonly endpoint: Endpoint;
  readonly deviceId: string;
  readonly faults: FaultState;
  admit(clientId: string, userName: string | undefined, password: string | undefined): Admission;
  /** Fault: how a SUBSCRIBE to the filter is to fail, if at all. */
  swallows(filter: string): Swallow | undefined;
  /** The next number for `Session.order`. */
  nextOrder(): number;
  record(event: NewEvent): void;
  /** Somebody connected or subscribed. */
  onReady(): void;
  onMessage(session: Session, published: Published, topic: string, body: Buffer): void;
}

/** One endpoint's MQTT broker. Its persistent sessions live as long as it does, over any number of listeners. */
export interface Broker {
  accept(stream: Duplex): void;
  /** Connections that are through the handshake. */
  sessions(): readonly Session[];
  /** Forgets all persistent sessions and drops all connections. */
  forgetSessions(): Promise<void>;
  /** Takes a subscription away, from the connection and from the persistent session, telling the module nothing. */
  unsubscribe(moduleId: string, filter: string): Promise<void>;
  close(): Promise<void>;
}

interface Connection {
  readonly session: Session;
  readonly client: Client;
  ready: boolean;
}

/** What aedes has but does not declare: the live subscriptions of a client, and the store of persistent sessions. */
interface Inside {
  readonly subscriptions: Record<string, unknown>;
  readonly clean: boolean;
}
interface Store {
  cleanSubscriptions(client: { id: string }): Promise<void>;
  removeSubscriptions(client: { id: string }, filters: readonly string[]): Promise<void>;
}

/** The longest wait a timer takes; a token that lives longer than 24 days is not dropped. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Starts a broker without listeners; streams are handed to `accept`. */
export async function createBroker(parts: BrokerParts): Promise<Broker> {
  const { endpoint, deviceId, record } = parts;
  const connections = new Map<Client, Connection>();
  const known = new Set<string>();
  const unacknowledged = new Map<unknown, () => void>();

  const aedes = await Aedes.createBroker({
    authenticate(client, userName, password, done) {
      const admission = parts.admit(client.id, userName, password?.toString());
      if ('refused' in admission) {
        record({ type: 'refused', endpoint, who: admission.who, why: admission.refused });
        return done(Object.assign(new Error(admission.refused), { returnCode: 5 }), false);
      }
      displace(client.id);
      known.add(client.id);
      connections.set(client, { session: open(client, admission), client, ready: false });
      return done(null, true);
    },
    authorizePublish(client, packet, done) {
      const connection = client === null ? undefined : connections.get(client);
      const published = connection && readTopic(packet.topic, deviceId, connection.session.moduleId);
      if (connection === undefined || published === undefined || packet.qos > 1) {
        const who = connection?.session.moduleId ?? 'unknown';
        record({ type: 'refused', endpoint, who, why: `may not publish to ${packet.topic} with QoS ${packet.qos}` });
        return done(new Error(`publish to ${packet.topic} refused`));
      }
      packet.retain = false;
      parts.onMessage(connection.session, published, packet.topic, Buffer.from(packet.payload));
      return done(null);
    },
    authorizeSubscribe(client, subscription, done) {
      const connection = connections.get(client);
      const allowed =
        connection !== undefined && maySubscribe(subscription.topic, deviceId, connection.session.moduleId);
      if (connection !== undefined && !allowed) {
        const why = `may not subscribe to ${subscription.topic}`;
        record({ type: 'refused', endpoint, who: connection.session.moduleId, why });
      }
      // Before CONNACK this is the persistent session being restored, which no SUBSCRIBE fault concerns.
      const refuse = connection?.ready === true && parts.swallows(subscription.topic) === 'refuse';
      return done(null, allowed && !refuse ? subscription : null);
    },
  });
  const store = (aedes as unknown as { readonly persistence: Store }).persistence;

  aedes.on('connackSent', (packet, client) => {
    const connection = connections.get(client);
    if (connection === undefined || packet.returnCode !== 0) return;
    connection.ready = true;
    const { moduleId } = connection.session;
    const { clean } = client as unknown as Inside;
    record({ type: 'connect', endpoint, moduleId, clean, sessionPresent: packet.sessionPresent });
    parts.onReady();
  });
  aedes.on('subscribe', (subscriptions, client) => {
    const connection = connections.get(client);
    if (connection === undefined) return;
    for (const subscription of subscriptions) taken(connection, subscription);
    parts.onReady();
  });
  aedes.on('ack', (packet) => acknowledged((packet as PublishPacket | undefined)?.payload));
  aedes.on('unsubscribe', (filters, client) => {
    const moduleId = connections.get(client)?.session.moduleId;
    if (moduleId === undefined) return;
    for (const filter of filters) record({ type: 'unsubscribe', endpoint, moduleId, filter });
  });

  function acknowledged(body: unknown): void {
    unacknowledged.get(body)?.();
    unacknowledged.delete(body);
  }

  function taken({ session, client }: Connection, { topic: filter, qos: granted }: Subscription): void {
    const ignored = (granted as number) !== 128 && parts.swallows(filter) === 'ignore';
    const { moduleId } = session;
    record({
      type: 'subscribe',
      endpoint,
      moduleId,
      filter,
      granted,
      registered: !ignored && (granted as number) !== 128,
    });
    if (ignored) void takeAway(client, filter);
  }

  async function takeAway(client: Client, filter: string): Promise<void> {
    await store.removeSubscriptions({ id: client.id }, [filter]);
    await new Promise<void>((done) => {
      client.unsubscribe(unsubscriptions(filter), () => done());
    });
  }

  /** IoT Hub keeps one connection per identity: a new one displaces the old. */
  function displace(clientId: string): void {
    for (const { client, session } of connections.values())
      if (client.id === clientId) session.drop('displaced by a new connection');
  }

  function open(client: Client, { moduleId, expires }: { moduleId: string; expires: number }): Session {
    let why = 'the connection ended';
    const life = parts.faults.tokenLifetimeSecs;
    const left = Math.min(expires - Date.now(), life === undefined ? Number.POSITIVE_INFINITY : life * 1000);
    const timer = left > LONGEST_TIMER ? undefined : setTimeout(() => session.drop('the token expired'), left);
    const session: Session = {
      endpoint,
      moduleId,
      order: parts.nextOrder(),
      subscribed: (filter) => (client as unknown as Inside).subscriptions[filter] !== undefined,
      publish(topic, body) {
        client.publish(publishPacket(topic, body), () => undefined);
      },
      deliver(topic, body) {
        // A copy: it is what tells this message from another one with the same content.
        const payload = Buffer.from(body);
        client.publish({ ...publishPacket(topic, payload), qos: 1 }, () => undefined);
        return new Promise((resolve) => unacknowledged.set(payload, resolve));
      },
      drop(reason) {
        why = reason;
        client.conn.destroy();
      },
    };
    client.conn.once('close', () => {
      clearTimeout(timer);
      if (connections.get(client)?.ready) record({ type: 'disconnect', endpoint, moduleId, why });
      connections.delete(client);
    });
    return session;
  }

  return {
    accept(stream) {
      aedes.handle(stream);
    },
    sessions: () => [...connections.values()].filter(isLive).map(({ session }) => session),
    async forgetSessions() {
      for (const { session } of connections.values()) session.drop('the session was lost');
      await Promise.all([...known].map((id) => store.cleanSubscriptions({ id })));
      for (const body of unacknowledged.keys()) acknowledged(body);
    },
    async unsubscribe(moduleId, filter) {
      for (const { client } of connections.values())
        if (client.id === `${deviceId}/${moduleId}`) await takeAway(client, filter);
      await store.removeSubscriptions({ id: `${deviceId}/${moduleId}` }, [filter]);
    },
    async close() {
      for (const { session } of connections.values()) session.drop('the hub stopped');
      await new Promise<void>((done) => aedes.close(() => done()));
    },
  };
}

function isLive({ ready, client }: Connection): boolean {
  return ready && !client.conn.destroyed;
}

function publishPacket(topic: string, body: string | Buffer): PublishPacket {
  return { cmd: 'publish', topic, payload: body, qos: 0, dup: false, retain: false };
}

/** Without a message id aedes changes the live subscriptions only and sends no UNSUBACK. */
function unsubscriptions(filter: string): Parameters<Client['unsubscribe']>[0] {
  return { cmd: 'unsubscribe', unsubscriptions: [filter] } as unknown as Parameters<Client['unsubscribe']>[0];
}
