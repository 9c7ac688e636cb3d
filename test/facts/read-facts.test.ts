import { setTimeout as sleep } from 'node:timers/promises';
import { SupportError } from '../../module/base/errors.ts';
import { facts, readFacts } from '../../module/facts/index.ts';
import { dockerWith, worldWith } from './support/world.ts';

test('each named fact is read once, and no other', async () => {
  let calls = 0;
  const docker = dockerWith({
    networks: async () => {
      calls++;
      return [];
    },
  });
  const readings = await readFacts(['networks', 'networks'], worldWith({ docker }));
  expect(Object.keys(readings)).toEqual(['networks']);
  expect(readings.networks).toEqual({ value: [], tookMs: expect.any(Number) });
  expect(calls).toBe(1);
});

test('a fact that fails says why, in a stable word', async () => {
  const failing = (error: unknown) => worldWith({ docker: dockerWith({ networks: () => Promise.reject(error) }) });
  const reasonFor = async (error: unknown) => {
    const { networks } = await readFacts(['networks'], failing(error));
    return 'value' in networks ? 'a value' : `${networks.unavailable}: ${networks.why}`;
  };
  expect(await reasonFor(new SupportError('unavailable', 'gone'))).toBe('docker-unavailable: gone');
  expect(await reasonFor(new SupportError('timeout', 'late'))).toBe('deadline: late');
  expect(await reasonFor(Object.assign(new Error('EACCES: no'), { code: 'EACCES' }))).toBe(
    'permission-denied: EACCES: no',
  );
  expect(await reasonFor(new TypeError('x is not a function'))).toBe('unreadable: x is not a function');
});

test('a fact that hangs ends at its limit, and the others do not wait for it', async () => {
  const docker = dockerWith({ networks: () => new Promise(() => {}) });
  const started = performance.now();
  const { networks, environment } = await readFacts(['networks', 'environment'], worldWith({ docker }), {
    limitMs: 100,
  });
  expect(networks).toMatchObject({
    unavailable: 'deadline',
    why: "Reading the engine's networks did not finish within 100 ms.",
  });
  expect(environment).toHaveProperty('value');
  expect(performance.now() - started).toBeLessThan(1000);
});

test('an aborted signal ends all reading with what there is', async () => {
  const docker = dockerWith({ networks: () => sleep(60_000, [], { ref: false }) });
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('the deadline was over')), 50);
  const readings = await readFacts(['networks', 'environment'], worldWith({ docker }), { signal: abort.signal });
  expect(readings.networks).toMatchObject({ unavailable: 'deadline', why: 'the deadline was over' });
  expect(readings.environment).toHaveProperty('value');
});

test('every fact begins its sentence in words', () => {
  for (const { about } of Object.values(facts)) expect(about).toMatch(/^[A-Z][a-z]+ /);
});
