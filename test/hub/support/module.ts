import { connectHub } from '../../../module/hub/connect.ts';
import type { ChannelOptions, HubState, InputMessage, InputsState, Via } from '../../../module/hub/hub.ts';
import { type ChannelLimits, channelLimits } from '../../../module/hub/limits.ts';
import type { HubEvent } from '../../../sim/hub/hub.ts';
import { ask, gatewayError } from '../../sim/support/https.ts';
import { DEVICE, MODULE, type TestHub } from '../../sim/support/hub.ts';
import { serviceToken } from '../../sim/support/raw.ts';
import { memoryLog } from '../../support/services.ts';

/** The real limits are minutes; the order of their sizes is kept. */
const quickLimits: ChannelLimits = {
  ...channelLimits,
  openMs: 2000,
  callMs: 1000,
  proofMs: 500,
  closeMs: 200,
  dialMs: 300,
  backoffMinMs: 60,
  backoffMaxMs: 500,
  returnEveryMs: 100,
  returnMaxMs: 1000,
  watchMs: 20,
};

export interface ModuleOptions extends Partial<ChannelOptions> {
  readonly limits?: Partial<ChannelLimits>;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** How long each call takes. */
  readonly workMs?: number;
  readonly onInput?: (message: InputMessage) => void;
}

/** A module whose only method answers with its payload, on the real connection to the simulated hub. */
export interface TestModule {
  readonly states: readonly HubState[];
  readonly log: ReturnType<typeof memoryLog>;
  readonly desired: readonly Readonly<Record<string, unknown>>[];
  /** How often the call with each payload was run. */
  readonly runs: ReadonlyMap<string, number>;
  readonly gaveUp: readonly string[];
  readonly inputs: readonly InputMessage[];
  readonly inputsStates: readonly InputsState[];
  /** The ways of the states, one after the other, and how connections ended. */
  readonly ways: readonly (Via | undefined)[];
  readonly endings: readonly string[];
  state(): HubState | undefined;
  report(patch: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
}

export function startModule(local: TestHub, options: ModuleOptions = {}): TestModule {
  const { limits, variables, workMs = 0, onInput, ...more } = options;
  const log = memoryLog();
  const states: HubState[] = [];
  const ways: (Via | undefined)[] = [];
  const endings: string[] = [];
  const desired: Readonly<Record<string, unknown>>[] = [];
  const runs = new Map<string, number>();
  const gaveUp: string[] = [];
  const inputs: InputMessage[] = [];
  const inputsStates: InputsState[] = [];
  const channel: ChannelOptions = {
    transport: 'mqtt',
    probeEverySecs: 0.3,
    fallback: false,
    fallbackAfterSecs: 1,
    giveUpAfterSecs: 60,
    ...more,
  };
  const hub = connectHub({
    variables: { ...local.environment(MODULE), ...variables },
    log,
    listener: {
      onMethod: async ({ payload }) => {
        const id = String(payload);
        runs.set(id, (runs.get(id) ?? 0) + 1);
        if (workMs > 0) await new Promise((done) => setTimeout(done, workMs));
        return { status: 200, body: JSON.parse(id) as unknown };
      },
      onDesired: (all) => void desired.push(all),
      onTwinRead: () => undefined,
      onInput: (message) => {
        inputs.push(message);
        onInput?.(message);
      },
      onInputs: (state) => void inputsStates.push(state),
      onState: (state, via) => {
        states.push(state);
        ways.push(via);
      },
      onEnded: (via, kind) => void endings.push(`${via} ${kind}`),
      onGiveUp: (reason) => void gaveUp.push(reason),
    },
    options: () => channel,
    limits: { ...quickLimits, ...limits },
    cloudCa: local.hub.rootCertificate,
  });
  return {
    states,
    ways,
    endings,
    log,
    desired,
    runs,
    gaveUp,
    inputs,
    inputsStates,
    state: () => states.at(-1),
    report: hub.report,
    stop: hub.close,
  };
}

let lastCall = 0;

/** Calls the module with a payload of its own: `{ ok: true }` when just that came back, else IoT Hub's error number. */
export async function invoke(local: TestHub, connectSecs = 0): Promise<{ ok: boolean; id: string; code?: unknown }> {
  lastCall += 1;
  const id = JSON.stringify({ call: lastCall });
  const answer = await ask(local, {
    method: 'POST',
    path: `/twins/${DEVICE}/modules/${MODULE}/methods?api-version=2021-04-12`,
    headers: { authorization: serviceToken(local) },
    body: {
      methodName: 'Echo',
      payload: JSON.parse(id) as unknown,
      responseTimeoutInSeconds: 5,
      connectTimeoutInSeconds: connectSecs,
    },
  });
  if (answer.status !== 200) return { ok: false, id, code: gatewayError(answer).errorCode };
  return { ok: JSON.stringify((answer.body as { payload: unknown }).payload) === id, id };
}

/** Milliseconds until a call is answered; throws after `limitMs`. */
export async function untilAnswered(local: TestHub, limitMs: number): Promise<number> {
  const started = performance.now();
  for (;;) {
    if ((await invoke(local)).ok) return performance.now() - started;
    if (performance.now() - started > limitMs) throw new Error(`no call was answered within ${limitMs} ms`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

export function eventsOf<T extends HubEvent['type']>(local: TestHub, type: T): Extract<HubEvent, { type: T }>[] {
  return local.hub.events.filter((event): event is Extract<HubEvent, { type: T }> => event.type === type);
}
