import type { ClockReading } from '../../module/facts/clock.ts';
import { parseServer } from '../../module/facts/clock.ts';
import { readFacts } from '../../module/facts/index.ts';
import { parseSntpAnswer, sntpRequest, writeTime } from '../../module/facts/sntp.ts';
import { udpServer } from './support/servers.ts';
import { worldWith } from './support/world.ts';

interface Answer {
  readonly offsetMs?: number;
  readonly first?: number;
  readonly stratum?: number;
  readonly originate?: Buffer;
}

/** What a server answers whose clock is `offsetMs` ahead of ours; `first` is leap indicator, version and mode. */
function answerTo(
  request: Buffer,
  { offsetMs = 0, first = (4 << 3) | 4, stratum = 2, originate }: Answer = {},
): Buffer {
  const message = Buffer.alloc(48);
  message[0] = first;
  message[1] = stratum;
  message.write('RATE', 12, 'latin1');
  (originate ?? request.subarray(40, 48)).copy(message, 24);
  writeTime(message, 32, Date.now() + offsetMs);
  writeTime(message, 40, Date.now() + offsetMs);
  return message;
}

async function ask(answer: (request: Buffer) => Buffer | undefined, limitMs = 2000): Promise<ClockReading> {
  await using server = await udpServer(answer);
  const targets = { ntpServer: `127.0.0.1:${server.port}` };
  const { clock } = await readFacts(['clock'], worldWith({ targets }), { limitMs });
  if (!('value' in clock)) throw new Error(clock.why);
  return clock.value;
}

test.each([0, 9_000, -10_000, 86_400_000 * 400])('an offset of %d ms is measured', async (offsetMs) => {
  const reading = await ask((request) => answerTo(request, { offsetMs }));
  if (!('offsetMs' in reading)) throw new Error(reading.error.join());
  expect(Math.abs(reading.offsetMs - offsetMs)).toBeLessThan(200);
  expect(reading.stratum).toBe(2);
});

test('a request is 48 bytes of version 3 from a client', async () => {
  let first = 0;
  await ask((request) => {
    first = request.readUInt8(0);
    expect(request).toHaveLength(48);
    return answerTo(request);
  });
  expect(first).toBe(0x1b);
});

test.each<[string, Answer, string]>([
  ['leap indicator 3', { first: (3 << 6) | (4 << 3) | 4 }, 'invalid value of leap indicator 3'],
  ['version 2', { first: (2 << 3) | 4 }, 'expected version number to be 3 but it was 2'],
  ['the mode of a client', { first: (4 << 3) | 3 }, 'expected mode to be 4 but it was 3'],
  ['a refusal', { stratum: 0 }, 'the server refuses (RATE)'],
  ['the answer to another request', { originate: Buffer.alloc(8, 7) }, 'expected originate timestamp'],
])('an answer with %s is invalid, after four tries', async (_, answer, text) => {
  let asked = 0;
  const reading = await ask((request) => {
    asked++;
    return answerTo(request, answer);
  });
  expect(reading).toMatchObject({
    problem: 'invalid',
    error: [expect.stringContaining(`could not parse NTP server response: ${text}`)],
  });
  expect(asked).toBe(4);
});

test('a first answer that is lost does not matter', async () => {
  let asked = 0;
  const reading = await ask((request) => (asked++ === 0 ? undefined : answerTo(request)));
  expect(reading).toHaveProperty('offsetMs');
});

test('silence is unreachable, within the limit', async () => {
  const started = performance.now();
  const reading = await ask(() => undefined, 1000);
  expect(reading).toMatchObject({
    problem: 'unreachable',
    error: [expect.stringMatching(/^could not receive NTP server response: .* did not finish within \d{3} ms\.$/)],
  });
  expect(performance.now() - started).toBeLessThan(1000);
});

test('a name that does not resolve is unreachable', async () => {
  const { clock } = await readFacts(['clock'], worldWith({ targets: { ntpServer: 'ntp.invalid' } }));
  expect(clock).toMatchObject({
    value: { problem: 'unreachable', error: [expect.stringContaining('could not resolve NTP pool hostname: ')] },
  });
});

test('times after February 2036, when the seconds begin again, are understood', () => {
  const now = Date.UTC(2040, 0, 1);
  const request = sntpRequest(now);
  const message = Buffer.alloc(48);
  message[0] = (4 << 3) | 4;
  message[1] = 1;
  request.copy(message, 24, 40, 48);
  writeTime(message, 32, now + 5000);
  writeTime(message, 40, now + 5000);
  expect(parseSntpAnswer(message, request, now, now).offsetMs).toBeCloseTo(5000);
});

test.each([
  ['pool.ntp.org', { host: 'pool.ntp.org', port: 123 }],
  ['ntp.local:1123', { host: 'ntp.local', port: 1123 }],
  ['[fd00::1]:124', { host: 'fd00::1', port: 124 }],
])('%s is a server', (text, expected) => {
  expect(parseServer(text)).toEqual(expected);
});
