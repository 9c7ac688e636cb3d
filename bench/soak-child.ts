/**
 * The module of bench/soak.ts in a process of its own: the real connection with its times made short, and one method
 * that answers with its payload. Over the IPC channel it is asked for what it has seen, or to end.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectHub } from '../module/hub/connect.ts';
import { channelLimits } from '../module/hub/limits.ts';

const runs = new Map<string, number>();
const states: Record<string, number> = {};

const log = (text: string) => void (process.env.SOAK_LOG && process.stderr.write(`  ${text}\n`));

const hub = connectHub({
  variables: process.env,
  log: { fatal: log, error: log, warning: log, info: log, debug: log, verbose: log },
  cloudCa: process.env.SOAK_CA ?? '',
  options: () => ({
    transport: 'mqtt',
    probeEverySecs: 0.5,
    fallback: true,
    fallbackAfterSecs: 1,
    giveUpAfterSecs: 3600,
  }),
  limits: {
    ...channelLimits,
    openMs: 2000,
    callMs: 1000,
    proofMs: 400,
    closeMs: 200,
    dialMs: 300,
    backoffMinMs: 50,
    backoffMaxMs: 500,
    returnEveryMs: 100,
    returnMaxMs: 1000,
    tokenSecs: 7,
    watchMs: 1000,
  },
  listener: {
    onMethod: async ({ payload }) => {
      const id = String(payload);
      runs.set(id, (runs.get(id) ?? 0) + 1);
      return { status: 200, body: null };
    },
    onDesired: () => undefined,
    onTwinRead: () => undefined,
    onInput: () => undefined,
    onInputs: () => undefined,
    onState: (state) => {
      states[state] = (states[state] ?? 0) + 1;
    },
    onGiveUp: () => undefined,
  },
});

process.on('message', async (order) => {
  if (order === 'end') {
    await hub.close();
    // A socket that is being closed is no leak; what is still there after a second is.
    await delay(1000);
    process.send?.({ handles: process.getActiveResourcesInfo() });
    return;
  }
  globalThis.gc?.();
  const times = [...runs.values()];
  process.send?.({
    rssMb: process.memoryUsage.rss() / 1e6,
    heapMb: process.memoryUsage().heapUsed / 1e6,
    twice: times.filter((one) => one > 1).length,
    states,
    handles: process.getActiveResourcesInfo(),
  });
});
