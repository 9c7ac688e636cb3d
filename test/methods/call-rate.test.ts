import { SupportError } from '../../module/base/errors.ts';
import { resolveConfig } from '../../module/config/config.ts';
import { callsPerMinute, settings } from '../../module/config/settings.ts';
import { integer, record } from '../../module/config/values.ts';
import { parseMetrics } from '../../module/facts/prometheus.ts';
import { createCallRate, unknownInRates } from '../../module/methods/call-rate.ts';
import { dispatch, methods } from '../../module/methods/index.ts';
import { defineMethod } from '../../module/methods/method.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

/** A limiter on a clock of the test, in seconds; `take` gives the refusal, if there is one. */
function limiter(...rates: string[]) {
  const clock = { seconds: 1000, rates };
  const limit = createCallRate(
    () => clock.rates,
    () => clock.seconds * 1000,
  );
  const take = (method = 'RunCheck'): string | undefined => {
    try {
      limit.take(method);
      return undefined;
    } catch (error) {
      if (error instanceof SupportError && error.code === 'busy') return error.message;
      throw error;
    }
  };
  return { clock, take, taken: (method?: string) => countUntil(() => take(method)) };
}

/** How many calls are taken in a row. */
function countUntil(take: () => string | undefined): number {
  let count = 0;
  while (count < 10_000 && take() === undefined) count += 1;
  return count;
}

const rates = (environment: string | undefined, twin: unknown) =>
  resolveConfig(
    { EDGE_SUPPORT_CALLS_PER_MINUTE: environment },
    twin === undefined ? {} : { policy: { callsPerMinute: twin } },
  );
const limits = (environment: string | undefined, twin: unknown, ...names: string[]) =>
  names.map((name) => callsPerMinute(rates(environment, twin).values.callsPerMinute, name));

test('a minute’s calls may come at once; then one more for each part of the minute that passes', () => {
  const { clock, take, taken } = limiter('RunCheck=6');
  expect(taken()).toBe(6);
  expect(take()).toBe(
    'RunCheck may be called 6 times a minute; it may be called again in 10 s (setting policy.callsPerMinute, environment variable EDGE_SUPPORT_CALLS_PER_MINUTE).',
  );
  clock.seconds += 4;
  expect(take()).toContain('again in 6 s');
  // Who waits as long as was said is let in, once.
  clock.seconds += 6;
  expect(taken()).toBe(1);
  // However long nobody called, there is never more than a minute's worth.
  clock.seconds += 86_400;
  expect(taken()).toBe(6);
});

test('who waits as long as each refusal says is never refused twice, at any rate', () => {
  for (let most = 1; most <= 100; most += 1) {
    const { clock, take, taken } = limiter(`*=${most}`);
    expect(taken()).toBe(most);
    for (let round = 0; round < 50; round += 1) {
      const seconds = Number(/again in (\d+) s/.exec(take() ?? '')?.[1]);
      clock.seconds += seconds;
      expect({ most, round, refused: take() }).toEqual({ most, round, refused: undefined });
      taken();
    }
  }
});

test('each method has a bucket of its own, and none is filled up by a change of the setting', () => {
  const { clock, taken } = limiter('*=5', 'Ping=2');
  expect([taken('Ping'), taken('ListTasks'), taken('RunCheck')]).toEqual([2, 5, 5]);
  clock.rates = ['*=50'];
  expect([taken('Ping'), taken('ListTasks')]).toEqual([0, 0]);
  clock.seconds += 6;
  expect([taken('Ping'), taken('ListTasks')]).toEqual([5, 5]);
  clock.seconds += 600;
  clock.rates = ['*=3'];
  expect(taken('Ping')).toBe(3);
});

test('by default polling once a second and paging go on for ever', () => {
  const { clock, take } = limiter(...settings.callsPerMinute.fallback);
  for (let second = 0; second < 1000; second += 1) {
    clock.seconds += 1;
    const polled = ['GetTaskStatus', 'GetTaskStatus', 'Ping', 'ListTasks', 'GetModuleLogs', 'DownloadArchive'].map(
      take,
    );
    expect(polled.filter(Boolean)).toEqual([]);
  }
});

test('names match in any case; * stands for those that are not named; what no entry stands for has its default', () => {
  const { taken } = limiter('runcheck=2');
  expect(taken('RunCheck')).toBe(2);
  expect(taken('RestartRuntime')).toBe(6);
  expect(taken('ListChecks')).toBe(60);
  expect(limiter('*=4').taken('RestartRuntime')).toBe(4);
});

test('of twin and environment the stricter holds, for each method', () => {
  expect(limits('RunCheck=9,*=30', ['*=5'], 'RunCheck', 'Ping')).toEqual([5, 5]);
  expect(limits('RunCheck=2', ['RunCheck=9', 'Ping=7'], 'RunCheck', 'ping', 'ListTasks')).toEqual([2, 7, undefined]);
  expect(limits('runcheck=4,*=8', ['RunCheck=3'], 'RunCheck', 'Ping')).toEqual([3, 8]);
  // The default restricts nobody who says something else.
  expect(limits(undefined, ['RunCheck=500'], 'RunCheck')).toEqual([500]);
});

test('a value that cannot be read leaves one call a minute, and is named', () => {
  const { values, refused } = rates(undefined, ['RunCheck=often']);
  expect(values.callsPerMinute).toEqual(['*=1']);
  expect(refused).toEqual({
    'policy.callsPerMinute':
      'policy.callsPerMinute[0] must be METHOD=CALLS with 1 to 100000 calls a minute, such as "RunCheck=6" or "*=60", got "RunCheck=often"; the strictest value holds until it is mended.',
  });
  for (const bad of ['RunCheck', 'RunCheck=0', '=5', 'a b=5', 'RunCheck=1000000', 'RunCheck=-1', 'RunCheck=1.5'])
    expect(rates(bad, undefined).values.callsPerMinute).toEqual(['*=1']);
});

test('a name that no method has is told, with the one that was meant', () => {
  const names = methods.map(({ name }) => name);
  expect(unknownInRates(settings.callsPerMinute.fallback, names)).toBeUndefined();
  expect(unknownInRates(['ping=5', '*=1'], names)).toBeUndefined();
  expect(unknownInRates(['RunChek=5'], names)).toBe('names RunChek, which is no method (did you mean RunCheck?)');
  expect(unknownInRates(['Nonsense=5'], names)).toBe('names Nonsense, which is no method');
});

const counted = defineMethod({
  name: 'Try',
  about: '',
  request: record({ n: integer() }),
  task: { operation: 'try', recover: async () => undefined },
  handle: async () => ({ done: true }),
});
const call = (body: object) => ({ name: 'try', payload: Buffer.from(JSON.stringify(body)) });

test('a refused call is a 429 in the answer, the audit line and the metrics', async () => {
  const own = services({ docker: memoryDocker({}), variables: { EDGE_SUPPORT_CALLS_PER_MINUTE: 'Try=2' } });
  const answers = [1, 2, 3].map(() => dispatch(call({ n: 1 }), own, [counted]));
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 429]);
  const audit = own.log.lines.filter((line) => line.includes('[Audit] method=Try status=429'));
  expect(audit).toEqual([expect.stringContaining('outcome=refused "Try may be called 2 times a minute;')]);
  const samples = parseMetrics(await own.metrics.text()).filter(
    ({ name }) => name === 'edge_support_method_calls_total',
  );
  expect(
    Object.fromEntries(samples.map(({ labels, value }) => [`${labels['method']} ${labels['status']}`, value])),
  ).toEqual({ 'Try 200': 2, 'Try 429': 1 });
});

test('repeats of a request and requests that are refused take nothing; a refused request may be repeated', async () => {
  const own = services({ docker: memoryDocker({}), variables: { EDGE_SUPPORT_CALLS_PER_MINUTE: 'Try=2' } });
  const status = async (body: object) => (await dispatch(call(body), own, [counted])).status;
  for (let n = 0; n < 5; n += 1) expect(await status({ n: 'many' })).toBe(400);
  for (let n = 0; n < 5; n += 1) expect(await status({ n: 1, requestId: 'a' })).toBe(200);
  expect(await status({ n: 1, requestId: 'b' })).toBe(200);
  expect(await status({ n: 1, requestId: 'c' })).toBe(429);
  // The answer of the first is there all the same.
  expect(await status({ n: 1, requestId: 'a' })).toBe(200);
  const later = { ...own, callRate: createCallRate(() => ['Try=1']) };
  expect((await dispatch(call({ n: 1, requestId: 'c' }), later, [counted])).status).toBe(200);
});
