import { messageOf } from '../base/errors.ts';
import { exchange } from '../base/exchange.ts';
import { sleep, within } from '../base/time.ts';
import { type Fact, Unavailable } from './fact.ts';
import { parseMetrics, type Sample } from './prometheus.ts';
import type { LastSend } from './send-history.ts';

/**
 * What edgeHub's metrics say of the messages to the hub. Metric names: "Access built-in metrics" of IoT Edge. Counters
 * count since edgeHub was started.
 */
export interface EdgeHubMetricsReading {
  /** Messages that wait, by endpoint; `iothub` is the upstream. */
  readonly queues: Readonly<Record<string, number>>;
  readonly received: number;
  /** To the upstream. */
  readonly sent: number;
  /** By reason: ttl_expiry, no_route, invalid … */
  readonly dropped: Readonly<Record<string, number>>;
  /** How often the upstream was lost. */
  readonly offline: number;
  /** A second look, when messages waited at the first. */
  readonly later?: { readonly afterMs: number; readonly sent: number; readonly waiting: number };
  /** When messages went upstream last, as far as this process has seen it: between two of its looks. */
  readonly lastSend?: LastSend;
}

/** Where edgeHub serves them, on the modules' network. */
const where = { host: 'edgeHub', port: 9600, path: '/metrics' };
const address = `http://${where.host}:${where.port}${where.path}`;
/** With summaries for each of hundreds of downstream devices they are long. */
const mostMegabytes = 16;
const secondLookMs = 1500;

export const edgeHubMetrics: Fact<EdgeHubMetricsReading> = {
  about: "Reading edgeHub's metrics",
  from: 'edge',
  async read({ own, now }, signal, limitMs) {
    const look = async () => {
      try {
        return reduce(parseMetrics(await within(limitMs * 0.4, `GET ${address}`, fetchText, signal)));
      } catch (error) {
        signal.throwIfAborted();
        throw new Unavailable('unreadable', `${address} gave no metrics: ${messageOf(error)}`);
      }
    };
    const noted = ({ sent }: EdgeHubMetricsReading) => {
      const lastSend = own?.upstreamSends.look(sent, now().getTime());
      return lastSend ? { lastSend } : {};
    };
    const first = await look();
    const seen = noted(first);
    if (waiting(first) === 0) return { ...first, ...seen };
    const started = performance.now();
    await sleep(Math.min(secondLookMs, limitMs * 0.15), signal);
    const second = await look();
    const afterMs = Math.round(performance.now() - started);
    return { ...first, later: { afterMs, sent: second.sent, waiting: waiting(second) }, ...noted(second) };
  },
};

const waiting = ({ queues }: EdgeHubMetricsReading) => queues['iothub'] ?? 0;

function reduce(samples: readonly Sample[]): EdgeHubMetricsReading {
  const of = (name: string) => samples.filter((sample) => sample.name === name);
  const by = (name: string, label: string) => {
    const sums: Record<string, number> = {};
    for (const { labels, value } of of(name)) {
      const key = labels[label] ?? '';
      sums[key] = (sums[key] ?? 0) + value;
    }
    return sums;
  };
  const sum = (name: string) => of(name).reduce((total, { value }) => total + value, 0);
  return {
    queues: by('edgehub_queue_length', 'endpoint'),
    received: sum('edgehub_messages_received_total'),
    sent: by('edgehub_messages_sent_total', 'to')['upstream'] ?? 0,
    dropped: by('edgehub_messages_dropped_total', 'reason'),
    offline: by('edgehub_offline_count_total', 'id')['upstream'] ?? 0,
  };
}

async function fetchText(signal: AbortSignal): Promise<string> {
  const { status, text } = await exchange(where, signal, undefined, mostMegabytes);
  if (status === 200) return text;
  throw new Error(`it answered ${status}`);
}
