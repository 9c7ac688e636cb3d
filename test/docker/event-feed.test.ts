import type { Docker, FollowedEvent } from '../../module/docker/docker.ts';
import { createEngine } from '../../module/docker/engine.ts';
import { eventFeed } from '../../module/docker/event-feed.ts';
import { readFollowed } from '../../module/docker/events.ts';
import { fakeEngine } from './support/fake-engine.ts';

const limits = { firstMs: 1, mostMs: 4, renewMs: 60_000 };
const event = (at: number, action = 'die'): FollowedEvent => ({ name: 'web', containerId: 'c1', action, at });

/** What a feed gives until so many events have come, and what it asked for. */
async function fed(count: number, connections: readonly (readonly FollowedEvent[] | Error)[], own = limits) {
  const asked: number[] = [];
  const lost: string[] = [];
  const ending = new AbortController();
  const follow: Docker['follow'] = async function* (since, signal) {
    asked.push(since);
    const next = connections[asked.length - 1];
    if (next instanceof Error) throw next;
    if (next) yield next;
    else await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const events: FollowedEvent[] = [];
  const onLost = (error: unknown) => void lost.push(String(error));
  for await (const batch of eventFeed({ follow }, 500, ending.signal, onLost, own)) {
    events.push(...batch);
    if (events.length >= count) ending.abort();
  }
  return { events, asked, lost };
}

test('after a connection has ended the engine is asked for what came in between; nothing is told twice', async () => {
  const { events, asked } = await fed(3, [
    [event(1000), event(2000)],
    [event(2000), event(2000, 'start'), event(1000)],
  ]);
  expect(events.map(({ at, action }) => `${at} ${action}`)).toEqual(['1000 die', '2000 die', '2000 start']);
  expect(asked).toEqual([500, 1999]);
});

test('an engine that is away is asked again until it is back, and that is said once', async () => {
  const away = new Error('nobody there');
  const { asked, lost } = await fed(1, [away, away, away, [event(1000)]]);
  expect(asked).toEqual([500, 500, 500, 500]);
  expect(lost).toEqual(['Error: nobody there']);
});

test('a connection on which nothing comes is replaced, without a word', async () => {
  const { asked, lost } = await fed(1, [undefined as never, [event(1000)]], { ...limits, renewMs: 20 });
  expect([asked, lost]).toEqual([[500, 500], []]);
});

test('the signal ends it while it waits for the engine', async () => {
  const ending = new AbortController();
  const follow: Docker['follow'] = () => {
    setTimeout(() => ending.abort(), 5);
    throw new Error('away');
  };
  const slow = { ...limits, firstMs: 60_000 };
  for await (const _ of eventFeed({ follow }, 0, ending.signal, () => undefined, slow))
    throw new Error('no event came');
});

const line = (more: object, attributes: object = {}) =>
  `${JSON.stringify({ Action: 'die', time: 2, timeNano: 2e9, Actor: { ID: 'c1', Attributes: { name: 'web', ...attributes } }, ...more })}\n`;

async function readIn(size: number, text: string): Promise<readonly FollowedEvent[]> {
  const bytes = Buffer.from(text);
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })();
  const events: FollowedEvent[] = [];
  for await (const batch of readFollowed(chunks)) events.push(...batch);
  return events;
}

test('events are read however they are cut, characters too, and without what else stands in them', async () => {
  const text = [
    line({}, { exitCode: '139', 'net.azure-devices.edge.restartPolicy': 'never', 'a label': '‹ü›' }),
    'no JSON\n',
    line({ Action: 'kill' }, { signal: '15' }),
    line({ Action: 'oom', Actor: { Attributes: { name: 'nobody' } } }),
    '{"Action":"die"',
  ].join('');
  const both = [
    { name: 'web', containerId: 'c1', action: 'die', at: 2000, exitCode: 139, restartPolicy: 'never' },
    { name: 'web', containerId: 'c1', action: 'kill', at: 2000, signal: 15 },
  ];
  for (const size of [1, 7, 10_000]) expect(await readIn(size, text)).toEqual(both);
});

test('a line without an end is thrown away, and the lines behind it are read', async () => {
  const text = `${line({}, { exitCode: '1' })}{"x":"${'y'.repeat(3_000_000)}"}\n${line({}, { exitCode: '2' })}`;
  expect((await readIn(65_536, text)).map(({ exitCode }) => exitCode)).toEqual([1, 2]);
});

test('the engine is asked for the events that matter, of IoT Edge’s containers', async () => {
  await using engine = await fakeEngine({
    '/events': (_, response) => void response.writeHead(200).end(line({}, { exitCode: '1' })),
  });
  const found: FollowedEvent[] = [];
  const never = new AbortController().signal;
  for await (const batch of createEngine(engine.dockerHost).follow(1_767_225_600_123, never)) found.push(...batch);
  expect(found).toEqual([{ name: 'web', containerId: 'c1', action: 'die', at: 2000, exitCode: 1 }]);
  const asked = new URL(`http://x${engine.asked.at(-1)?.split(' ')[1]}`).searchParams;
  expect(asked.get('since')).toBe('1767225600.123');
  expect(JSON.parse(asked.get('filters') ?? '')).toEqual({
    type: ['container'],
    label: ['net.azure-devices.edge.owner=Microsoft.Azure.Devices.Edge.Agent'],
    event: ['start', 'kill', 'stop', 'die', 'oom', 'destroy', 'health_status'],
  });
});
