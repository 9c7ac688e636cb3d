import { MODULE, startTestHub, type TestHub, until } from '../sim/support/hub.ts';
import { eventsOf, invoke, type ModuleOptions, startModule, type TestModule, untilAnswered } from './support/module.ts';

const METHODS = '$iothub/methods/POST/#';

let local: TestHub;
let module: TestModule;

beforeEach(async () => {
  local = await startTestHub(31);
});

afterEach(async () => {
  await module.stop();
  await local.stop();
  // However the connection went: no call was run more than once.
  expect([...module.runs].filter(([, times]) => times > 1)).toEqual([]);
});

/** Starts the module and waits until it has proved that it hears. */
async function start(options: ModuleOptions = {}): Promise<void> {
  module = startModule(local, options);
  await until('the connection', () => module.state() === 'open');
}

const connects = () => eventsOf(local, 'connect').length;

test('it proves a twin round trip and a call of its own before it counts as open, and says the way it went', async () => {
  await start();
  expect(module.states).toEqual(['connecting', 'open']);
  expect(eventsOf(local, 'twinGet')).toHaveLength(1);
  expect(eventsOf(local, 'methodRequest')).toMatchObject([{ name: 'Ping', payload: { nonce: expect.any(String) } }]);
  // The call of its own went to no method.
  expect(module.runs.size).toBe(0);
  const report = { via: 'edgeHub', transport: 'mqtt', selfCall: 'heard', since: expect.any(String) };
  await until('the report', () => eventsOf(local, 'reported').length > 0);
  expect(local.hub.twin(MODULE).reported).toEqual({ channel: report });
  expect(module.log.lines).toEqual([
    'info The connection to edgeHub is connecting.',
    'info The connection to edgeHub is open.',
  ]);
});

test('it goes on proving, over the same connection', async () => {
  await start({ probeEverySecs: 0.1 });
  await until(
    'further proofs',
    () => eventsOf(local, 'twinGet').length >= 4 && eventsOf(local, 'methodRequest').length >= 4,
  );
  expect(connects()).toBe(1);
});

test('edgeHub killed and started again: calls are answered within 1 s', async () => {
  await start();
  await local.hub.faults.down('edge');
  await until('the loss', () => module.state() === 'connecting');
  await new Promise((done) => setTimeout(done, 300));
  await local.hub.faults.up('edge');
  expect(await untilAnswered(local, 5000)).toBeLessThan(1000);
});

test('edgeHub created anew, its sessions forgotten: calls and twin work within 1 s', async () => {
  await start();
  await local.hub.faults.down('edge');
  await local.hub.faults.loseSessions();
  local.hub.patchDesired(MODULE, { changed: 'while offline' });
  await local.hub.faults.up('edge');
  expect(await untilAnswered(local, 5000)).toBeLessThan(1000);
  await until('the change', () => module.desired.at(-1)?.['changed'] === 'while offline');
  await until('the proof', () => module.state() === 'open');
  await module.report({ alive: true });
  expect(local.hub.twin(MODULE).reported).toMatchObject({ alive: true });
  local.hub.patchDesired(MODULE, { changed: 'live' });
  await until('the live change', () => module.desired.at(-1)?.['changed'] === 'live');
});

test.each(['ignore', 'refuse'] as const)(
  'a swallowed SUBSCRIBE (%s) is noticed, and cured within 1.5 s of its end',
  async (how) => {
    local.hub.faults.swallowSubscribe(METHODS, how);
    module = startModule(local);
    await until('attempts', () => connects() >= 3);
    expect(module.states).not.toContain('open');
    if (how === 'ignore') expect(module.states).toContain('deaf');
    else expect(module.log.lines.join()).toContain('the hub refused $iothub/methods/POST/#');
    local.hub.faults.swallowSubscribe(undefined);
    expect(await untilAnswered(local, 5000)).toBeLessThan(1500);
  },
);

test('a hub that forgets the subscription of a live connection is found out by the next proof', async () => {
  await start({ probeEverySecs: 0.3 });
  await local.hub.faults.dropMethodSubscription(MODULE);
  expect((await invoke(local)).code).toBe(404103);
  expect(await untilAnswered(local, 5000)).toBeLessThan(1500);
  expect(module.log.lines).toContain(
    'warning The connection to edgeHub is deaf: edgeHub says that nobody listens to calls.',
  );
});

test('while twin answers are withheld calls are answered, but for the moments of making the connection anew', async () => {
  await start({ probeEverySecs: 0.2, limits: { proofMs: 200 } });
  local.hub.faults.withholdTwinAnswers = true;
  await until('the deafness', () => module.state() === 'deaf');
  const calls: Promise<unknown>[] = [];
  let [gapMs, answered] = [0, performance.now()];
  for (const end = performance.now() + 3000; performance.now() < end; ) {
    const call = invoke(local).then(({ ok }) => {
      if (!ok) return;
      gapMs = Math.max(gapMs, performance.now() - answered);
      answered = performance.now();
    });
    calls.push(call);
    await new Promise((done) => setTimeout(done, 30));
  }
  expect(gapMs).toBeLessThan(500);
  const deaf = connects();
  expect(deaf).toBeGreaterThan(1);
  expect(deaf).toBeLessThan(12);
  local.hub.faults.withholdTwinAnswers = false;
  await until('the cure', () => module.state() === 'open', 3000);
  await Promise.all(calls);
}, 15_000);

test('200 calls at once are each answered once', async () => {
  await start({ workMs: 50 });
  const answers = await Promise.all(Array.from({ length: 200 }, () => invoke(local)));
  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  expect(module.runs.size).toBe(200);
  expect(
    eventsOf(local, 'methodAnswer').filter(({ status, body }) => status === 200 && body.includes('call')),
  ).toHaveLength(200);
});

test('an answer whose connection has gone is lost, without harm', async () => {
  await start({ workMs: 300 });
  const call = invoke(local);
  await until('the call', () => module.runs.size === 1);
  local.hub.faults.cut(MODULE);
  const lost = /^warning The answer of Echo could not be sent: /;
  await until('the loss', () => module.log.lines.some((line) => lost.test(line)));
  await until('the return', () => module.state() === 'open');
  expect((await invoke(local)).ok).toBe(true);
  expect((await call).code).toBe(504101);
}, 10_000);

test('tokens that the hub lets live for 1 s do not lose the module', async () => {
  local.hub.faults.tokenLifetimeSecs = 1;
  await start();
  const { answered, codes } = await underLoad(4000);
  expect(connects()).toBeGreaterThan(3);
  expect(answered).toBeGreaterThan(50);
  expect(codes.every((code) => code === 504101)).toBe(true);
}, 20_000);

test('a connection is made anew before its token runs out, and waits for the calls that are under way', async () => {
  await start({ limits: { tokenSecs: 2 }, workMs: 150 });
  const { codes } = await underLoad(4000);
  expect(codes).toEqual([]);
  expect(connects()).toBeGreaterThan(2);
  expect(eventsOf(local, 'disconnect').map(({ why }) => why)).not.toContain('the token expired');
}, 20_000);

/** Calls one after another in three lanes; calls wait up to 5 s for the module to be connected. */
async function underLoad(ms: number) {
  const end = performance.now() + ms;
  const codes: unknown[] = [];
  let answered = 0;
  const lane = async () => {
    while (performance.now() < end) {
      const { ok, code } = await invoke(local, 5);
      if (ok) answered += 1;
      else codes.push(code);
      await new Promise((done) => setTimeout(done, 100));
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  return { answered, codes };
}

test('when nothing works for as long as giveUpAfter, it says so once and goes on trying', async () => {
  await local.hub.faults.down('edge');
  module = startModule(local, { giveUpAfterSecs: 0.5 });
  await until('the end of patience', () => module.gaveUp.length > 0);
  expect(module.gaveUp[0]).toMatch(/^No connection to edgeHub or IoT Hub has worked for \d+ ms; .*ECONNREFUSED.*\.$/);
  await local.hub.faults.up('edge');
  expect(await untilAnswered(local, 5000)).toBeLessThan(1500);
  expect(module.gaveUp).toHaveLength(1);
});

test('a working connection is never given up, however rarely it is proved', async () => {
  await start({ giveUpAfterSecs: 0.3, probeEverySecs: 60 });
  await new Promise((done) => setTimeout(done, 800));
  expect(module.gaveUp).toEqual([]);
});
