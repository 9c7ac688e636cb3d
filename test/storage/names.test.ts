import { createBlobNames } from '../../module/storage/names.ts';

test('no name is given twice, even within one second and after the clock went back', () => {
  let now = new Date('2026-06-01T12:00:58.400Z');
  const name = createBlobNames({ iothubHostname: 'h', deviceId: 'd' }, () => now);
  expect(name('edgeHub', 'log')).toBe('h/d/edgeHub-2026-06-01--12-00-58.log');
  expect(name('edgeAgent', 'log')).toBe('h/d/edgeAgent-2026-06-01--12-00-58.log');
  expect(name('edgeHub', 'log')).toBe('h/d/edgeHub-2026-06-01--12-00-59.log');
  now = new Date('2026-06-01T12:00:58.900Z');
  expect(name('edgeHub', 'log')).toBe('h/d/edgeHub-2026-06-01--12-01-00.log');
});
