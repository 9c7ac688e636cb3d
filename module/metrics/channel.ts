import { Counter, Gauge, type Registry } from 'prom-client';

const states = ['connecting', 'open', 'deaf', 'closed'];
const ways = ['edgeHub', 'direct'];

/** The connection to the hub; the words are those of the log. */
export function createChannelMetrics(registry: Registry) {
  const registers = [registry];
  const state = new Gauge({
    name: 'edge_support_channel_state',
    help: '1 for the state that the connection is in: connecting, open, deaf or closed; 0 for the others.',
    labelNames: ['state'],
    registers,
  });
  const way = new Gauge({
    name: 'edge_support_channel_via',
    help: '1 for the way that the connection goes, or tries to: edgeHub, or direct to IoT Hub; 0 for the other.',
    labelNames: ['via'],
    registers,
  });
  const opened = new Counter({
    name: 'edge_support_channel_opened_total',
    help: 'How often the connection was found to work after it had not: the first time and each reconnect.',
    labelNames: ['via'],
    registers,
  });
  const ended = new Counter({
    name: 'edge_support_channel_ended_total',
    help: 'Connections that ended, by why: failed (to be made), lost, deaf, renewed (a new token) or returning (to edgeHub).',
    labelNames: ['via', 'reason'],
    registers,
  });
  const setState = (now: string) => {
    for (const one of states) state.set({ state: one }, one === now ? 1 : 0);
  };
  setState('connecting');
  return {
    /** The connection came into a state, by this way; none when it is closed. */
    channel(now: string, via?: string): void {
      setState(now);
      if (via === undefined) return;
      for (const one of ways) way.set({ via: one }, one === via ? 1 : 0);
      if (now === 'open') opened.inc({ via });
    },
    channelEnded: (via: string, reason: string): void => ended.inc({ via, reason }),
  };
}
