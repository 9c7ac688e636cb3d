/**
 * A module in a process of its own, which runs in a network namespace: connects with its environment, answers every
 * call with its payload and writes one line per state, call and log line.
 */
import { connectHub } from '../../../module/hub/connect.ts';
import { channelLimits } from '../../../module/hub/limits.ts';

const write = (kind: string) => (text: string) => void process.stdout.write(`${kind} ${text}\n`);
const log = write('log');

connectHub({
  variables: process.env,
  log: { fatal: log, error: log, warning: log, info: log, debug: log, verbose: log },
  options: () => ({
    transport: 'mqtt',
    probeEverySecs: 0.5,
    fallback: false,
    fallbackAfterSecs: 60,
    giveUpAfterSecs: 60,
  }),
  limits: { ...channelLimits, openMs: 1000, proofMs: 1000, closeMs: 300, backoffMinMs: 100, backoffMaxMs: 500 },
  listener: {
    onMethod: async ({ payload }) => {
      write('run')(String(payload));
      return { status: 200, body: JSON.parse(String(payload)) as unknown };
    },
    onDesired: () => undefined,
    onTwinRead: () => undefined,
    onInput: () => undefined,
    onInputs: () => undefined,
    onState: write('state'),
    onGiveUp: write('gave-up'),
  },
});
