import { startTestHub, until } from '../sim/support/hub.ts';
import { invoke, startModule } from './support/module.ts';

test('two minutes under load with tokens of 10 s: no call is run twice, none waits more than 2 s but those cut off', async () => {
  const local = await startTestHub(37);
  local.hub.faults.tokenLifetimeSecs = 10;
  const module = startModule(local, { limits: { tokenSecs: 3600, proofMs: 2000 } });
  try {
    await until('the connection', () => module.state() === 'open');
    const end = performance.now() + 120_000;
    const codes = new Map<unknown, number>();
    let [answered, longestMs, lastAnswer] = [0, 0, performance.now()];
    const lane = async () => {
      while (performance.now() < end) {
        const { ok, code } = await invoke(local);
        if (ok) {
          longestMs = Math.max(longestMs, performance.now() - lastAnswer);
          lastAnswer = performance.now();
          answered += 1;
        } else codes.set(code, (codes.get(code) ?? 0) + 1);
        await new Promise((done) => setTimeout(done, 100));
      }
    };
    await Promise.all(Array.from({ length: 20 }, lane));
    // The hub's own journal keeps only the newest of its events.
    const drops = module.states.filter((state) => state === 'connecting').length - 1;
    expect([...module.runs].filter(([, times]) => times > 1)).toEqual([]);
    expect(drops).toBeGreaterThanOrEqual(8);
    expect(answered).toBeGreaterThan(5000);
    expect(longestMs).toBeLessThan(2000);
    // 404103: called while it was away; 504101: cut off. Nothing else happened to a call.
    expect([...codes.keys()].filter((code) => code !== 404103 && code !== 504101)).toEqual([]);
    expect(codes.get(504101) ?? 0).toBeLessThanOrEqual(drops * 20);
  } finally {
    await module.stop();
    await local.stop();
  }
}, 180_000);
