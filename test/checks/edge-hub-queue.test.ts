import { edgeHubQueue } from '../../module/checks/edge-hub-queue.ts';
import type { Facts } from '../../module/facts/index.ts';
import { container, containers, noEngine, noHost, options, value } from './support/readings.ts';

const running = containers(container('edgeHub'));
function judge(waiting: number, sentLater?: number, more: Partial<Facts['edgeHubMetrics']> = {}) {
  const later = sentLater === undefined ? {} : { later: { afterMs: 2000, sent: 500 + sentLater, waiting } };
  const metrics = {
    queues: { iothub: waiting },
    received: 1000,
    sent: 500,
    dropped: {},
    offline: 0,
    ...later,
    ...more,
  };
  return edgeHubQueue.judge({ edgeHubMetrics: value(metrics), edgeContainers: running, hostDisks: noHost }, options);
}

test.each([
  ['nothing waits', 0, undefined, 'ok'],
  ['few wait and none goes', 99, 0, 'ok'],
  ['100 wait and none goes', 100, 0, 'failed'],
  ['many wait and some go', 9_999, 40, 'ok'],
  ['very many wait and some go', 10_000, 40, 'warning'],
] as const)('%s', (_, waiting, sentLater, status) => {
  expect(judge(waiting, sentLater)).toMatchObject({ status, info: { waiting, sent_upstream: 500 } });
});

test('what waits and becomes less is being sent, whatever the other counter says', () => {
  const later = { later: { afterMs: 2000, sent: 500, waiting: 400 } };
  expect(judge(500, undefined, later)).toMatchObject({ status: 'ok' });
  expect(judge(500, undefined, { later: { ...later.later, waiting: 600 } })).toMatchObject({ status: 'failed' });
});

test('what waits is told with the time it takes', () => {
  expect(judge(10_000, 40)).toMatchObject({
    details: ['10000 messages wait in edgeHub; at 20 a second they are sent in 500 s.'],
  });
  expect(judge(5000, 0)).toMatchObject({ details: ['5000 messages wait in edgeHub, and it sends none.'] });
});

test('messages dropped because they were too old are a warning; those without a route are a choice', () => {
  expect(judge(0, undefined, { dropped: { ttl_expiry: 12, no_route: 900 } })).toMatchObject({
    status: 'warning',
    details: [expect.stringMatching(/^12 messages were dropped/)],
  });
  expect(judge(0, undefined, { dropped: { no_route: 900 } })).toMatchObject({ status: 'ok' });
});

test('skipped where edgeHub does not run or serves no metrics', () => {
  const none = { unavailable: 'unreadable', why: 'status 404' } as const;
  const paused = containers(container('edgeHub', { state: 'paused' }));
  expect(
    edgeHubQueue.judge({ edgeHubMetrics: none, edgeContainers: paused, hostDisks: noHost }, options),
  ).toMatchObject({
    reason: 'previous-failure',
    why: 'edgeHub is paused.',
  });
  expect(
    edgeHubQueue.judge({ edgeHubMetrics: none, edgeContainers: containers(), hostDisks: noHost }, options),
  ).toMatchObject({
    why: 'There is no edgeHub.',
  });
  expect(
    edgeHubQueue.judge({ edgeHubMetrics: none, edgeContainers: running, hostDisks: noHost }, options),
  ).toMatchObject({
    reason: 'unreadable',
  });
  expect(
    edgeHubQueue.judge({ edgeHubMetrics: none, edgeContainers: noEngine, hostDisks: noHost }, options),
  ).toMatchObject({
    reason: 'unreadable',
  });
});

test("what edgeHub's store takes is told, of all the stores on the host", () => {
  const mount = { type: 'bind', source: '/srv/hub', destination: '/iotedge/storage' };
  const stores = { '/srv/agent': { bytes: 1, files: 1 }, '/srv/hub': { bytes: 5e9, files: 900 } };
  const metrics = { queues: { iothub: 0 }, received: 0, sent: 0, dropped: {}, offline: 0 };
  const facts = {
    edgeHubMetrics: value(metrics),
    edgeContainers: containers(container('edgeHub', { mounts: [mount] })),
    hostDisks: value({ fileSystems: [], logs: [], logFolder: '', stores }),
  };
  expect(edgeHubQueue.judge(facts, options)).toMatchObject({
    status: 'ok',
    info: { store: { path: '/srv/hub', bytes: 5e9, files: 900 } },
  });
});

test('when messages went last is told as far as it was seen', () => {
  expect(judge(0)).toMatchObject({ info: { last_send: null } });
  const lastSend = { after: Date.parse('2026-01-02T03:00:00Z'), before: Date.parse('2026-01-02T03:04:00Z') };
  expect(judge(0, undefined, { lastSend })).toMatchObject({
    info: { last_send: { after: '2026-01-02T03:00:00.000Z', before: '2026-01-02T03:04:00.000Z' } },
  });
});
