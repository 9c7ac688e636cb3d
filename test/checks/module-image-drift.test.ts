import { moduleImageDrift } from '../../module/checks/module-image-drift.ts';
import { noEngine, options, value } from './support/readings.ts';

const id = (digit: string) => `sha256:${digit.repeat(64)}`;
const judge = (...drifted: { module: string; image: string; runs: string; now?: string }[]) =>
  moduleImageDrift.judge({ moduleImages: value({ drifted }) }, options);

test('no drift is fine', () => {
  expect(judge()).toMatchObject({ status: 'ok' });
});

test('a name that stands for another image, or for none, is a warning', () => {
  expect(
    judge(
      { module: 'web', image: 'web:latest', runs: id('a'), now: id('b') },
      { module: 'old', image: 'old:1', runs: id('c') },
    ),
  ).toMatchObject({
    status: 'warning',
    details: [
      'web runs aaaaaaaaaaaa, but web:latest stands for bbbbbbbbbbbb by now: it changes when its container is made anew.',
      'old runs cccccccccccc, but the device has no image old:1 any more: it can be made anew only after a pull.',
    ],
  });
});

test('skipped without the engine', () => {
  expect(moduleImageDrift.judge({ moduleImages: noEngine }, options)).toMatchObject({ reason: 'docker-unavailable' });
});
