import { messageOf } from '../base/errors.ts';
import { exchange } from '../base/exchange.ts';
import { within } from '../base/time.ts';
import { type Fact, Unavailable } from './fact.ts';
import { parseMetrics } from './prometheus.ts';

/** What edgeAgent counts of the modules, since it was started itself. Names: "Access built-in metrics" of IoT Edge. */
export interface EdgeAgentMetricsReading {
  /** How often it has started each module. */
  readonly starts: Readonly<Record<string, number>>;
  /** How often each has ended. */
  readonly stops: Readonly<Record<string, number>>;
}

const where = { host: 'edgeAgent', port: 9600, path: '/metrics' };
const address = `http://${where.host}:${where.port}${where.path}`;

export const edgeAgentMetrics: Fact<EdgeAgentMetricsReading> = {
  about: "Reading edgeAgent's metrics",
  from: 'edge',
  async read(_, signal, limitMs) {
    try {
      const get = (own: AbortSignal) => exchange(where, own);
      const { status, text } = await within(limitMs * 0.8, `GET ${address}`, get, signal);
      if (status !== 200) throw new Error(`it answered ${status}`);
      const samples = parseMetrics(text);
      const sums = (name: string) => {
        const found: Record<string, number> = {};
        for (const sample of samples.filter((one) => one.name.toLowerCase() === name)) {
          const module = sample.labels['module_name'] ?? '';
          found[module] = (found[module] ?? 0) + sample.value;
        }
        return found;
      };
      return { starts: sums('edgeagent_module_start_total'), stops: sums('edgeagent_module_stop_total') };
    } catch (error) {
      signal.throwIfAborted();
      throw new Unavailable('unreadable', `${address} gave no metrics: ${messageOf(error)}`);
    }
  },
};
