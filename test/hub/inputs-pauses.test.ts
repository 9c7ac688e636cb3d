import type { InputsState } from '../../module/hub/hub.ts';
import { createInputs } from '../../module/hub/inputs.ts';
import { memoryLog } from '../support/services.ts';

const parts = (limits = { backoffMinMs: 100, backoffMaxMs: 1000 }) => {
  const states: InputsState[] = [];
  const log = memoryLog();
  return {
    states,
    log,
    inputs: createInputs({ listener: { onInputs: (state) => void states.push(state) }, limits, log }),
  };
};

/** A connection that ends as soon as the inputs are subscribed to; gives how long it lived until then. */
async function shortLived(inputs: ReturnType<typeof createInputs>): Promise<number> {
  const ended = new AbortController();
  const began = performance.now();
  let asked = Number.NaN;
  const openInputs = async () => {
    asked = performance.now() - began;
    ended.abort(new Error('the hub hung up'));
    throw new Error('the hub hung up');
  };
  await inputs.keep({ openInputs, over: ended.signal });
  return asked;
}

test('where the hub ends each connection for the subscription, connections live longer and longer before it', async () => {
  const { inputs, states } = parts();
  const lives: number[] = [];
  for (let count = 0; count < 4; count += 1) lives.push(await shortLived(inputs));
  // At once, then after 100, 200 and 400 ms, each up to half less.
  for (const [index, least] of [0, 49, 99, 199].entries()) expect(lives[index]).toBeGreaterThanOrEqual(least);
  expect(states.at(-1)).toEqual({ open: false, why: 'the connection to edgeHub ended: the hub hung up' });
});

test('a subscription that stood wipes out the failures before it', async () => {
  const limits = { backoffMinMs: 10, backoffMaxMs: 60_000 };
  const { inputs, states } = parts(limits);
  await shortLived(inputs);
  const ended = new AbortController();
  await inputs.keep({ openInputs: async () => undefined, over: ended.signal });
  expect(states.at(-1)).toEqual({ open: true });
  ended.abort(new Error('renewed'));
  expect(states.at(-1)).toMatchObject({ open: false });
  // With a failure left there would be a pause of half a minute.
  limits.backoffMinMs = 60_000;
  await shortLived(inputs);
});

test('a connection that ends while it waits is left alone', async () => {
  const { inputs } = parts({ backoffMinMs: 60_000, backoffMaxMs: 60_000 });
  await shortLived(inputs);
  const ended = new AbortController();
  let asked = false;
  const openInputs = async () => {
    asked = true;
  };
  const kept = inputs.keep({ openInputs, over: ended.signal });
  ended.abort(new Error('lost'));
  await kept;
  await inputs.keep({ openInputs, over: ended.signal });
  expect(asked).toBe(false);
});
