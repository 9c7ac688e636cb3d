/** The device's own edgeHub, or IoT Hub in the cloud. */
export type Endpoint = 'edge' | 'cloud';

/** One thing that happened at the hub, in the order of happening. `at` is milliseconds since 1970. */
export type HubEvent = { readonly at: number } & (
  | {
      readonly type: 'connect';
      readonly endpoint: Endpoint;
      readonly moduleId: string;
      readonly clean: boolean;
      readonly sessionPresent: boolean;
    }
  | { readonly type: 'disconnect'; readonly endpoint: Endpoint; readonly moduleId: string; readonly why: string }
  /** A CONNECT, SUBSCRIBE, PUBLISH or HTTPS request that was turned away. */
  | { readonly type: 'refused'; readonly endpoint: Endpoint; readonly who: string; readonly why: string }
  | {
      readonly type: 'subscribe';
      readonly endpoint: Endpoint;
      readonly moduleId: string;
      readonly filter: string;
      /** Granted QoS as in the SUBACK; 128 is a refusal. */
      readonly granted: number;
      /** False when a fault acknowledged but did not register it. */
      readonly registered: boolean;
    }
  /** By the module, or by a fault that took the subscription away. */
  | { readonly type: 'unsubscribe'; readonly endpoint: Endpoint; readonly moduleId: string; readonly filter: string }
  | {
      readonly type: 'methodRequest';
      readonly endpoint: Endpoint;
      readonly moduleId: string;
      readonly name: string;
      readonly rid: string;
      readonly payload: unknown;
    }
  | {
      readonly type: 'methodAnswer';
      readonly endpoint: Endpoint;
      readonly moduleId: string;
      readonly rid: string;
      readonly status: number;
      /** The answer's JSON text as it was sent, cut at 16 KB. */
      readonly body: string;
      /** `late`: nobody waited for it any more. `swallowed`: a fault kept it. */
      readonly fate: 'delivered' | 'late' | 'swallowed';
    }
  | { readonly type: 'twinGet'; readonly endpoint: Endpoint; readonly moduleId: string; readonly answered: boolean }
  | {
      readonly type: 'reported';
      readonly endpoint: Endpoint;
      readonly moduleId: string;
      readonly patch: unknown;
      readonly status: number;
      readonly answered: boolean;
    }
  | { readonly type: 'desired'; readonly moduleId: string; readonly patch: unknown; readonly version: number }
  | {
      readonly type: 'telemetry';
      readonly endpoint: Endpoint;
      readonly moduleId: string;
      readonly topic: string;
      readonly body: string;
    }
  /** A module acknowledged a message that a route brought to one of its inputs. */
  | { readonly type: 'input'; readonly moduleId: string; readonly input: string; readonly from: string }
);

type WithoutTime<E> = E extends unknown ? Omit<E, 'at'> : never;

/** An event as its source reports it, before it has a time. */
export type NewEvent = WithoutTime<HubEvent>;

/** The newest events are kept, so that a hub that runs for days stays small. */
const KEPT = 2000;

/** A journal: what is recorded is kept in `events` (the newest 2000) and written to `log` as one line. */
export function createJournal(log: ((line: string) => void) | undefined): {
  readonly events: readonly HubEvent[];
  record(event: NewEvent): void;
} {
  const events: HubEvent[] = [];
  return {
    events,
    record(event) {
      events.push({ at: Date.now(), ...event });
      if (events.length > KEPT) events.shift();
      log?.(`hub: ${JSON.stringify(event).slice(0, 300)}`);
    },
  };
}
