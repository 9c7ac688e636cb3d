import { moduleRestarts } from '../../module/checks/module-restarts.ts';
import type { EngineEvent } from '../../module/docker/docker.ts';
import type { EdgeContainer } from '../../module/facts/edge-containers.ts';
import { container as anyContainer, containers, noEngine, options, value } from './support/readings.ts';

const now = options.now.getTime();
const minutesAgo = (minutes: number) => now - minutes * 60_000;
const iso = (minutes: number) => new Date(minutesAgo(minutes)).toISOString();
const event = (name: string, action: string, minutes: number, exitCode?: number): EngineEvent => ({
  name,
  action,
  at: minutesAgo(minutes),
  ...(exitCode === undefined ? {} : { exitCode }),
});
const container = (name: string, more: Partial<EdgeContainer> = {}) =>
  anyContainer(name, { createdAt: iso(700), ...more });
const old = { startedAt: iso(600) };
const judge = (all: readonly EdgeContainer[], events: readonly EngineEvent[] = [], lines = {}) =>
  moduleRestarts.judge(
    {
      edgeContainers: containers(...all),
      moduleEvents: value({ since: minutesAgo(1440), events }),
      lastErrors: value({ lines }),
    },
    options,
  );

test('modules that run, ended well, or were never started without a reason to complain are fine', () => {
  const all = [
    container('edgeHub', old),
    container('once', { state: 'exited', exitCode: 0 }),
    container('told', { state: 'exited', exitCode: 143 }),
    container('new', { state: 'created' }),
  ];
  expect(judge(all)).toMatchObject({
    status: 'ok',
    info: { not_running: [{ name: 'once' }, { name: 'told' }, { name: 'new' }] },
  });
});

test('a module in back-off is an error with its exit code and its last error line', () => {
  const crasher = container('crasher', { state: 'restarting', exitCode: 139, restartCount: 7 });
  const dies = [30, 20, 10].map((minutes) => event('crasher', 'die', minutes, 139));
  expect(judge([crasher], dies, { crasher: '<3> Unhandled exception' })).toMatchObject({
    status: 'failed',
    details: [
      'crasher ends again and again (exit code 139, segmentation fault) and waits to be started once more, 3 times in the last hour. Its last error line: <3> Unhandled exception',
    ],
    info: { restarts_by_engine: { crasher: 7 }, ends_with_error_in_last_hour: { crasher: 3 } },
  });
});

test('a loop in which edgeAgent does the restarting is seen by the events, whatever the state is now', () => {
  const running = container('flaky', { startedAt: iso(1), finishedAt: iso(2) });
  const dies = [50, 25, 2].map((minutes) => event('flaky', 'die', minutes, 1));
  expect(judge([running], dies)).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/3 times in the last hour; it is running now/)],
  });
  expect(judge([running], dies.slice(1))).toMatchObject({ status: 'ok' });
  expect(
    judge(
      [running],
      [90, 80, 70].map((minutes) => event('flaky', 'die', minutes, 1)),
    ),
  ).toMatchObject({ status: 'ok' });
});

test('ends from before the container was made anew are not its own', () => {
  const dies = [50, 25, 2].map((minutes) => event('flaky', 'die', minutes, 1));
  expect(judge([container('flaky', { createdAt: iso(1) })], dies)).toMatchObject({ status: 'ok' });
});

test('ends that somebody asked for are no loop', () => {
  const restarted = [50, 40, 30, 20].flatMap((minutes) => [
    event('web', 'kill', minutes),
    event('web', 'die', minutes, 137),
    event('web', 'stop', minutes),
    event('web', 'start', minutes),
  ]);
  expect(judge([container('web', old)], restarted)).toMatchObject({ status: 'ok' });
});

test('a module that ended with an error is an error; one that was stopped is not', () => {
  const ended = container('worker', { state: 'exited', exitCode: 137, finishedAt: iso(5) });
  expect(judge([ended])).toMatchObject({
    status: 'failed',
    details: [`worker ended at ${iso(5)} with exit code 137, killed and does not run.`],
  });
  expect(
    judge([ended], [event('worker', 'kill', 6), event('worker', 'die', 5, 137), event('worker', 'stop', 5)]),
  ).toMatchObject({ status: 'ok' });
});

test('restarts by the engine count while they are recent', () => {
  const engine = { restartCount: 4, finishedAt: iso(10) };
  expect(judge([container('loop', { ...engine, startedAt: iso(9) })])).toMatchObject({ status: 'failed' });
  expect(judge([container('loop', { ...engine, startedAt: iso(200), finishedAt: iso(201) })])).toMatchObject({
    status: 'ok',
  });
});

test.each(['exited', 'paused', 'created'])('edgeHub that is %s is an error', (state) => {
  expect(judge([container('edgeHub', { state })])).toMatchObject({
    status: 'failed',
    details: [`edgeHub does not run: it is ${state}.`],
  });
});

test('any other module that is paused is a warning; one that could not be started says the engine’s reason', () => {
  expect(judge([container('web', { state: 'paused' })])).toMatchObject({ status: 'warning' });
  expect(judge([container('web', { state: 'created', error: 'no such device' })])).toMatchObject({
    status: 'failed',
    details: ['web could not be started: no such device'],
  });
});

test('without the engine it is skipped; without its events the states are judged', () => {
  const rest = { moduleEvents: noEngine, lastErrors: noEngine };
  expect(moduleRestarts.judge({ ...rest, edgeContainers: noEngine }, options)).toMatchObject({
    reason: 'docker-unavailable',
  });
  const dead = containers(container('web', { state: 'dead', exitCode: 1 }));
  expect(moduleRestarts.judge({ ...rest, edgeContainers: dead }, options)).toMatchObject({ status: 'failed' });
});
