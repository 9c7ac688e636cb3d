import { volatileJournal } from '../../module/checks/volatile-journal.ts';
import { hostSystem, noHost, options } from './support/readings.ts';

test('a journal on the disk is ok, one in memory or none is a warning', () => {
  expect(volatileJournal.judge({ hostSystem: hostSystem() }, options).status).toBe('ok');
  expect(volatileJournal.judge({ hostSystem: hostSystem({ journal: 'volatile' }) }, options)).toMatchObject({
    status: 'warning',
    details: ['The journal is kept in memory: what led to a restart of the device is lost with it.'],
  });
  expect(volatileJournal.judge({ hostSystem: hostSystem({ journal: 'none' }) }, options).status).toBe('warning');
  expect(volatileJournal.judge({ hostSystem: noHost }, options)).toMatchObject({ reason: 'host-access-off' });
});
