import { createHealthWatch } from '../../module/health/health.ts';

function watch(giveUpAfterMs = 120_000) {
  const clock = { ms: 1000 };
  return {
    clock,
    ...createHealthWatch(
      () => giveUpAfterMs,
      () => clock.ms,
    ),
  };
}

test('a module is healthy from its start on for as long as it waits for a connection', () => {
  const { clock, health } = watch();
  clock.ms += 59_999;
  expect(health()).toEqual({ healthy: true, text: 'The connection is connecting; none has worked for 60 s.' });
  clock.ms += 1;
  expect(health().healthy).toBe(false);
});

test('an open connection is healthy for ever, and says which one', () => {
  const { clock, channel, health } = watch();
  channel('open', 'direct');
  clock.ms += 1e9;
  expect(health()).toEqual({ healthy: true, text: 'The connection to IoT Hub is open.' });
});

test('what counts is for how long none has worked, through every state that does not', () => {
  const { clock, channel, health } = watch();
  channel('open', 'edgeHub');
  clock.ms += 100_000;
  channel('deaf', 'edgeHub');
  clock.ms += 40_000;
  channel('connecting', 'direct');
  clock.ms += 20_000;
  expect(health()).toEqual({
    healthy: false,
    text: 'The connection to IoT Hub is connecting; none has worked for 60 s.',
  });
  channel('open', 'edgeHub');
  expect(health()).toEqual({ healthy: true, text: 'The connection to edgeHub is open.' });
  channel('closed');
  expect(health()).toEqual({ healthy: true, text: 'The connection is closed; none has worked for 0 ms.' });
});
