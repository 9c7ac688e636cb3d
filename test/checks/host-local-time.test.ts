import { hostLocalTime } from '../../module/checks/host-local-time.ts';
import { type Facts, readFacts } from '../../module/facts/index.ts';
import { writeTime } from '../../module/facts/sntp.ts';
import { createPki } from '../../sim/pki.ts';
import { closedPort, httpsServer, udpServer } from '../facts/support/servers.ts';
import { worldWith } from '../facts/support/world.ts';
import { dialled, late, options, refused, upstream, value } from './support/readings.ts';

const server = 'pool.ntp.org:123';
const ntp = (offsetMs: number) => value<Facts['clock']>({ server, offsetMs, delayMs: 10, stratum: 2 });
const unreachable = value<Facts['clock']>({
  server,
  problem: 'unreachable',
  error: ['could not receive NTP server response: late'],
});
const noHttps = upstream({ dials: { https: refused(443) } });
const judge = (clock: Parameters<typeof hostLocalTime.judge>[0]['clock'], hub = upstream()) =>
  hostLocalTime.judge({ clock, upstream: hub }, options);

test.each([
  [0, 0],
  [9_000, 9],
  [-9_999, 9],
])('an offset of %d ms is ok and reported as %d', (offsetMs, offset) => {
  expect(judge(ntp(offsetMs))).toMatchObject({ status: 'ok', info: { offset, source: 'ntp', reference: server } });
});

test.each([
  [10_000, 'behind'],
  [-10_000, 'ahead'],
])('an offset of %d ms is out of sync: the device is %s', (offsetMs, direction) => {
  expect(judge(ntp(offsetMs))).toMatchObject({
    status: 'warning',
    details: [
      'Time on the device is out of sync with the NTP server. This may cause problems connecting to IoT Hub.\n' +
        'Please ensure time on device is accurate, for example by installing an NTP daemon.',
      `The device's clock is 10 s ${direction} of ${server}.`,
    ],
    info: { offset: 10 },
  });
});

test('the limit is the one asked for', () => {
  expect(
    hostLocalTime.judge({ clock: ntp(4000), upstream: upstream() }, { ...options, maxClockOffsetSecs: 3 }).status,
  ).toBe('warning');
});

describe('without an NTP answer', () => {
  const dated = (aheadMs: number) => {
    const askedAt = Date.UTC(2026, 0, 2);
    return dialled(443, { reached: 'http', http: { status: 400, askedAt, date: askedAt + aheadMs } });
  };

  test.each([unreachable, late])('the Date of an HTTPS answer is taken, where the original warns', (clock) => {
    expect(judge(clock, upstream({ dials: { https: dated(0) } }))).toMatchObject({
      status: 'ok',
      info: { offset: 0, source: 'https-date', reference: 'hub.example' },
      iotedgeCheck: 'warning',
    });
    expect(judge(clock, upstream({ dials: { https: dated(3_600_000) } }))).toMatchObject({
      status: 'warning',
      info: { offset: 3600, device_clock: 'behind' },
      iotedgeCheck: 'warning',
    });
  });

  test('that of the direct answer when the proxy gives none', () => {
    const hub = upstream({ dials: { https: refused(443), httpsDirect: dated(0) } });
    expect(judge(unreachable, hub)).toMatchObject({ status: 'ok', info: { source: 'https-date' } });
  });

  test('and without any HTTPS answer the original warning stands', () => {
    for (const hub of [noHttps, late]) {
      expect(judge(unreachable, hub)).toMatchObject({
        status: 'warning',
        details: ['Could not query NTP server', 'could not receive NTP server response: late', expect.any(String)],
      });
    }
  });
});

test('an answer that cannot be used is an error', () => {
  const error = ['could not parse NTP server response: invalid value of leap indicator 3'];
  expect(judge(value<Facts['clock']>({ server, problem: 'invalid', error }))).toMatchObject({
    status: 'failed',
    details: ['Could not query NTP server', ...error],
  });
});

describe('with a real NTP server', () => {
  /** Judges a device whose clock is `behindMs` behind that of the server; `silent` drops every request. */
  async function measure({ behindMs = 0, leap = 0, silent = false }) {
    const pki = await createPki();
    await using hub = await httpsServer(await pki.server(['127.0.0.1']));
    await using ntpServer = await udpServer((request) => {
      const message = Buffer.alloc(48);
      message[0] = (leap << 6) | (4 << 3) | 4;
      message[1] = 2;
      request.copy(message, 24, 40, 48);
      for (const at of [32, 40]) writeTime(message, at, Date.now() + behindMs);
      return silent ? undefined : message;
    });
    const closed = await closedPort();
    const targets = {
      ntpServer: `127.0.0.1:${ntpServer.port}`,
      ports: { amqp: closed, https: hub.port, mqtt: closed },
      trust: { from: "the test's root", ca: [pki.rootCertificate] },
    };
    const facts = await readFacts(hostLocalTime.needs, worldWith({ targets }), { limitMs: 2000 });
    return hostLocalTime.judge(facts, options);
  }

  test('F15: 9 s off is ok', async () => {
    expect(await measure({ behindMs: 9_500 })).toMatchObject({ status: 'ok', info: { offset: 9, source: 'ntp' } });
  });

  test('F16: 10 s off is out of sync', async () => {
    expect(await measure({ behindMs: 10_500 })).toMatchObject({
      status: 'warning',
      details: [expect.stringContaining('out of sync with the NTP server'), expect.any(String)],
      info: { offset: 10 },
    });
  });

  test("F17: no answer over UDP: the Date of the hub's HTTPS answer is taken, where the original warns", async () => {
    expect(await measure({ silent: true })).toMatchObject({
      status: 'ok',
      info: { source: 'https-date', reference: '127.0.0.1' },
      iotedgeCheck: 'warning',
    });
  });

  test('F18: leap indicator 3 is an error', async () => {
    expect(await measure({ leap: 3 })).toMatchObject({
      status: 'failed',
      details: ['Could not query NTP server', expect.stringContaining('invalid value of leap indicator 3')],
    });
  });
});
