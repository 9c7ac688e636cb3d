import type { Session } from './broker.ts';
import type { NewEvent } from './events.ts';
import { type RouteText, readRoute, takes } from './routes.ts';
import { inputsFilter, inputTopic } from './topics.ts';

/** A message on its way into an input of a module. */
interface Routed {
  readonly moduleId: string;
  readonly input: string;
  readonly from: string;
  readonly topic: string;
  readonly body: Buffer;
}

export interface InputsParts {
  readonly deviceId: string;
  sessions(): readonly Session[];
  record(event: NewEvent): void;
}

/** edgeHub's routing between modules, with a store in memory. */
export interface Inputs {
  /** The routes from now on, by name, as `$edgeHub` has them in a deployment. Throws on one that edgeHub would not read. */
  setRoutes(routes: Readonly<Record<string, RouteText>>): void;
  /** A module sent a message: `bag` are its properties as they stand in the topic. */
  sent(moduleId: string, bag: string, body: Buffer): void;
  /** Somebody connected or subscribed: what waits for a module is sent. */
  ready(): void;
  /** Messages that the module has not acknowledged yet. */
  stored(moduleId: string): number;
  /** The store is lost, as with an edgeHub that was created anew. */
  forget(): void;
}

/**
 * Messages go to a module in their order, QoS 1 and one at a time: the next when the last one was acknowledged, as
 * edgeHub's ModuleEndpoint does. Until then, and while the module has no subscription, they are stored.
 */
export function createInputs({ deviceId, sessions, record }: InputsParts): Inputs {
  let routes: ReturnType<typeof readRoute>[] = [];
  let queues = new Map<string, Routed[]>();
  const busy = new Set<string>();

  async function pump(moduleId: string): Promise<void> {
    if (busy.has(moduleId)) return;
    busy.add(moduleId);
    try {
      for (;;) {
        const queue = queues.get(moduleId) ?? [];
        const session = sessions().find(
          (one) =>
            one.endpoint === 'edge' && one.moduleId === moduleId && one.subscribed(inputsFilter(deviceId, moduleId)),
        );
        const [next] = queue;
        if (next === undefined || session === undefined) return;
        await session.deliver(next.topic, next.body);
        // A store that was lost meanwhile has forgotten it, too.
        if (queue[0] !== next) continue;
        queue.shift();
        record({ type: 'input', moduleId, input: next.input, from: next.from });
      }
    } finally {
      busy.delete(moduleId);
    }
  }

  return {
    setRoutes(texts) {
      routes = Object.values(texts).map(readRoute);
    },
    sent(from, bag, body) {
      const pairs = bag.split('&').filter((pair) => pair !== '');
      const output = pairs.find((pair) => /^(%24|\$)\.on=/i.test(pair))?.split('=')[1];
      const taking = routes.filter((route) => takes(route, from, output && decodeURIComponent(output)));
      for (const { into } of taking) {
        if (into === undefined) continue;
        const topic = inputTopic(deviceId, into.moduleId, into.input, [
          // The output's name is not told: it is missing in edgeHub's OutgoingSystemPropertiesMap.
          ...pairs.filter((pair) => !/^(%24|\$)\.on=/i.test(pair)),
          `%24.cdid=${encodeURIComponent(deviceId)}`,
          `%24.cmid=${encodeURIComponent(from)}`,
        ]);
        const queue = queues.get(into.moduleId) ?? [];
        queues.set(into.moduleId, queue);
        queue.push({ ...into, from, topic, body });
        void pump(into.moduleId);
      }
    },
    ready() {
      for (const moduleId of queues.keys()) void pump(moduleId);
    },
    stored: (moduleId) => queues.get(moduleId)?.length ?? 0,
    forget() {
      queues = new Map();
    },
  };
}
