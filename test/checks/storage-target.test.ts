import { storageTarget } from '../../module/checks/storage-target.ts';
import type { StorageTrial } from '../../module/facts/fact.ts';
import { late, options, value } from './support/readings.ts';

const inDays = (days: number) => options.now.getTime() + days * 86_400_000;
const judge = (trial?: StorageTrial) => storageTarget.judge({ storageTarget: value(trial ? { trial } : {}) }, options);
const target = { from: 'storage.sasUrl', host: 'account.blob.core.windows.net' };

test('no target is a choice; one that takes uploads is fine', () => {
  expect(judge()).toMatchObject({ status: 'ignored' });
  expect(judge(target)).toMatchObject({ status: 'ok', info: { from: 'storage.sasUrl', sas_expires: null } });
  expect(judge({ ...target, expiresAt: inDays(4) })).toMatchObject({ status: 'ok' });
});

test('a SAS that ends in the next days is a warning', () => {
  expect(judge({ ...target, expiresAt: inDays(2.5) })).toMatchObject({
    status: 'warning',
    details: ['The SAS of the setting storage.sasUrl expires at 2026-01-04T15:04:05.000Z, in 2 days.'],
  });
});

test('a refusal is an error in the words of storage', () => {
  expect(judge({ ...target, expiresAt: inDays(-1), problem: 'storage.sasUrl expired.' })).toMatchObject({
    status: 'failed',
    details: ['The target of the setting storage.sasUrl takes no uploads.', 'storage.sasUrl expired.'],
  });
});

test('skipped when it could not be tried in time', () => {
  expect(storageTarget.judge({ storageTarget: late }, options)).toMatchObject({ reason: 'deadline' });
});
