import fc from 'fast-check';
import { shares } from '../../module/collectors/newest-lines.ts';

const log = (module: string, lines: number, gzipBytes: number) => ({ module, lines, gzipBytes });

test('small logs are whole and leave their room to the large ones', () => {
  const logs = [log('large', 10_000, 9000), log('small', 100, 500), log('other', 10_000, 9000)];
  expect(shares(logs, 20_000)).toEqual(new Map());
  expect(shares(logs, 4500)).toEqual(
    new Map([
      ['large', 2222],
      ['other', 2222],
    ]),
  );
});

test('what is given keeps to the room, and uses it', () => {
  const some = fc.array(
    fc.record({ lines: fc.integer({ min: 100, max: 1e6 }), each: fc.integer({ min: 1, max: 50 }) }),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(some, fc.integer({ min: 1000, max: 1e7 }), (given, room) => {
      const logs = given.map(({ lines, each }, at) => log(`m${at}`, lines, lines * each));
      const found = shares(logs, room);
      const used = logs.reduce(
        (sum, { module, lines, gzipBytes }) => sum + ((found.get(module) ?? lines) * gzipBytes) / lines,
        0,
      );
      const most = Math.max(...given.map(({ each }) => each)) * logs.length;
      const all = logs.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
      expect(used).toBeLessThanOrEqual(room + most);
      expect(used).toBeGreaterThanOrEqual(Math.min(all, room) - most);
    }),
  );
});
