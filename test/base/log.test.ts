import { createLog, formatLine } from '../../module/base/log.ts';

const now = () => new Date('2026-01-02T03:04:05.678Z');

test('a line has the format of IoT Edge’s own modules', () => {
  expect(formatLine('info', 'Module started', now())).toBe('<6> 2026-01-02 03:04:05.678 +00:00 [INF] - Module started');
  expect(formatLine('warning', 'x', now())).toMatch(/^<4> .* \[WRN\] - x$/);
});

test('one event is one line, whatever breaks are in it', () => {
  expect(formatLine('error', 'a\nb\r\nc', now())).toMatch(/ - a\\nb\\nc$/);
});

test('only levels at least as severe are written, the level may change, and every text is cleaned', () => {
  const lines: string[] = [];
  let level: 'info' | 'error' = 'error';
  const clean = (text: string) => text.replace('secret', '***');
  const log = createLog({ level: () => level, write: (line) => lines.push(line), clean, now });
  log.warning('one');
  log.error('two secret');
  level = 'info';
  log.info('three');
  log.debug('four');
  expect(lines).toEqual([
    '<3> 2026-01-02 03:04:05.678 +00:00 [ERR] - two ***\n',
    '<6> 2026-01-02 03:04:05.678 +00:00 [INF] - three\n',
  ]);
});
