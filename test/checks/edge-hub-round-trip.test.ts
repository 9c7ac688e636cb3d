import { edgeHubRoundTrip } from '../../module/checks/edge-hub-round-trip.ts';
import type { ChannelReading } from '../../module/facts/channel.ts';
import { options, value } from './support/readings.ts';

const good = {
  via: 'edgeHub',
  transport: 'mqtt',
  hearing: { outcome: 'heard', why: 'a call of our own came back' },
  tookMs: 12,
} as const;
const judge = (reading: ChannelReading) => edgeHubRoundTrip.judge({ channel: value(reading) }, options);

test('twin and call that come back are fine', () => {
  expect(judge(good)).toEqual({
    status: 'ok',
    info: { via: 'edgeHub', transport: 'mqtt', round_trip_ms: 12, twin_read: true, method_call: 'heard' },
  });
});

test('edgeHub that offers no calls between modules proves itself by the twin', () => {
  expect(judge({ ...good, hearing: { outcome: 'not-offered', why: 'port 443 is closed' } })).toMatchObject({
    status: 'ok',
  });
});

test('a twin, or a call, that does not come back is an error with the reason', () => {
  expect(judge({ ...good, twinProblem: 'no answer within 30 s' })).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/twin/), 'no answer within 30 s'],
  });
  expect(judge({ ...good, hearing: { outcome: 'deaf', why: 'edgeHub took it' } })).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/did not come back/), 'edgeHub took it'],
  });
});

test('going round edgeHub is a warning, no connection an error', () => {
  expect(judge({ ...good, via: 'direct' })).toMatchObject({ status: 'warning' });
  expect(judge({ problem: 'There is no connection.' })).toMatchObject({ status: 'failed' });
});

test('skipped where there is no module to ask', () => {
  const channel = { unavailable: 'not-supported', why: 'Only the module itself has a connection to try.' } as const;
  expect(edgeHubRoundTrip.judge({ channel }, options)).toMatchObject({ status: 'skipped', reason: 'not-supported' });
});
