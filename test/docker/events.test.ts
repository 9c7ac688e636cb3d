import { readEvents } from '../../module/docker/events.ts';
import { readMemoryUse } from '../../module/docker/memory-use.ts';

test('events are read a line each, without the labels among their attributes; a cut line is left out', () => {
  const event = (action: string, attributes: object) =>
    JSON.stringify({
      Type: 'container',
      Action: action,
      timeNano: '@',
      Actor: { Attributes: attributes },
    }).replace('"@"', '1767225600123456789');
  const body = [
    event('die', { name: 'web', exitCode: '137', 'net.azure-devices.edge.env': '{"KEY":"secret"}' }),
    event('oom', { name: 'web' }),
    event('start', {}),
    event('start', { name: 'web' }).slice(0, 40),
  ].join('\n');
  expect(readEvents(body)).toEqual([
    { name: 'web', action: 'die', at: 1_767_225_600_123, exitCode: 137 },
    { name: 'web', action: 'oom', at: 1_767_225_600_123 },
  ]);
  expect(readEvents('')).toEqual([]);
});

test.each([
  ['cgroup v2', { inactive_file: 30 }],
  ['cgroup v1', { total_inactive_file: 30, inactive_file: 5 }],
])('memory is counted without the page cache that can be given back: %s', (_, stats) => {
  expect(readMemoryUse({ memory_stats: { usage: 100, limit: 1000, stats } })).toEqual({ used: 70, limit: 1000 });
});

test('an engine that tells no memory gives zeros', () => {
  expect(readMemoryUse({})).toEqual({ used: 0, limit: 0 });
});
