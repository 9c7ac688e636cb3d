import { blockCloud } from '../../sim/firewall.ts';
import { startCompleteEdge } from './edge.ts';
import type { CheckAnswer } from './judge.ts';
import { allOf, type CompleteEdge, turn } from './state.ts';

let edge: CompleteEdge;
beforeAll(async () => {
  edge = await startCompleteEdge();
}, 90_000);
afterAll(() => edge?.stop(), 30_000);

/** Asks as an operator does; the time is the whole call's, in milliseconds. */
async function runCheck() {
  const started = performance.now();
  const { status, payload } = await edge.invoke('RunCheck', { timeoutSecs: 20 }, { timeoutSecs: 60 });
  expect(status).toBe(200);
  return { answer: payload as CheckAnswer, tookMs: performance.now() - started };
}

/** Results by check; of those without one, the reason. */
const results = ({ checks }: CheckAnswer) =>
  Object.entries(checks).map(([id, { result, reason }]) => [id, reason ?? result.result] as const);

test('F1: on a device that has everything all is well, and only what cannot or need not be looked at is skipped', async () => {
  const { answer } = await runCheck();
  const other = results(answer).filter(([, result]) => result !== 'ok' && result !== 'ignored');
  expect(Object.fromEntries(other)).toEqual({
    // Private keys are not looked at from afar.
    'certs-match-private-keys': 'not-supported',
    'key-pairs-read': 'not-supported',
    // UpstreamProtocol is Mqtt.
    'container-connect-upstream-amqp': 'not-required',
    'container-connect-upstream-https': 'not-required',
    'container-default-connect-upstream-amqp': 'not-required',
    'container-default-connect-upstream-https': 'not-required',
  });
  expect(answer.rootCauses).toEqual([]);
}, 60_000);

test('when messages went upstream last shows between two runs', async () => {
  const ask = async () => {
    const { payload } = await edge.invoke('RunCheck', { checks: ['edge-hub-queue'] }, { timeoutSecs: 60 });
    return (payload as { checks: Record<string, { additional_info: object }> }).checks['edge-hub-queue']
      ?.additional_info;
  };
  const before = await ask();
  expect(before).toMatchObject({ last_send: null, store: { files: expect.any(Number) } });
  await edge.site.metrics.set('edgeHub', 'edgehub_messages_sent_total{to="upstream",id="test"}', 7);
  expect(await ask()).toMatchObject({ last_send: { after: expect.any(String), before: expect.any(String) } });
}, 60_000);

test('the full run on it answers in under 5 s', async () => {
  const { tookMs } = await runCheck();
  console.log(`The full run on a healthy device took ${Math.round(tookMs)} ms.`);
  expect(tookMs).toBeLessThan(5000);
}, 60_000);

test('when nothing gets out of the device it answers in under 20 s, with results', async () => {
  const undo = allOf([await blockCloud(edge.engine, {}), turn(edge.registry, 'silent', true)]);
  try {
    const { answer, tookMs } = await runCheck();
    console.log(`With every destination blackholed the full run took ${Math.round(tookMs)} ms.`);
    expect(tookMs).toBeLessThan(20_000);
    const told = Object.fromEntries(results(answer));
    expect(Object.values(told).filter((result) => result === 'deadline')).toEqual([]);
    expect(told).toMatchObject({
      'host-connect-iothub-mqtt': 'error',
      'container-connect-upstream-mqtt': 'error',
      'identityd-config-well-formed': 'ok',
      'disk-space': 'ok',
      'container-engine-uri': 'ok',
    });
  } finally {
    await undo();
  }
}, 60_000);
