import { diskSpace } from '../../module/checks/disk-space.ts';
import type { HostDisksReading } from '../../module/facts/host-disks.ts';
import { readFacts } from '../../module/facts/index.ts';
import { hostWith } from '../facts/support/host-files.ts';
import { worldWith } from '../facts/support/world.ts';
import { container, containers, noEngine, noHost, options, value } from './support/readings.ts';

const logFolder = '/var/lib/docker/containers';
const now = options.now.getTime();
const day = 86_400_000;
const disk = { paths: [logFolder], total: 100e9, available: 50e9, inodes: 1e6, freeInodes: 5e5 };
const judge = (more: Partial<typeof disk>, logs: HostDisksReading['logs'] = []) => {
  const log = { driver: 'json-file' };
  const edgeContainers = containers(container('noisy', { log }), container('edgeHub'));
  const hostDisks = value({ fileSystems: [{ ...disk, ...more }], logs, logFolder, stores: {} });
  return diskSpace.judge({ hostDisks, edgeContainers }, options);
};
const logOf = (name: string, bytes: number, days: number) => ({
  containerId: `${name}-id`,
  bytes,
  files: 1,
  first: now - days * day,
  last: now - 1000,
});

test('enough room is ok, with the figures', () => {
  expect(judge({})).toMatchObject({
    status: 'ok',
    info: {
      file_systems: [{ paths: [logFolder], available: 50e9, percent_free: '50.0 %' }],
      days_until_full: null,
    },
  });
});

test.each([
  [{ available: 9e9 }, 'warning', '9 GB of 100 GB are free (9.0 %)'],
  [{ available: 2e9 }, 'failed', '2 GB of 100 GB are free (2.0 %)'],
  [{ total: 1e9, available: 150e6 }, 'failed', '150 MB of 1 GB are free (15.0 %)'],
  [{ freeInodes: 50_000 }, 'warning', '50000 of 1000000 inodes are free (5.0 %)'],
  [{ freeInodes: 0 }, 'failed', '0 of 1000000 inodes are free (0.0 %)'],
])('%j is %s', (more, status, text) => {
  expect(judge(more)).toMatchObject({ status, details: [`On the disk of ${logFolder} ${text}.`] });
});

test('a file system without a number of inodes is judged by its bytes alone', () => {
  expect(judge({ inodes: 0, freeInodes: 0 }).status).toBe('ok');
});

test('from the growth of unbounded logs follows when the disk is full, and the largest are named', () => {
  expect(judge({}, [logOf('noisy', 30e9, 6), logOf('edgeHub', 1e9, 0.1)])).toMatchObject({
    status: 'warning',
    details: [
      `The logs grow by 5 GB a day: ${logFolder} is full in about 10 days.`,
      'The largest container logs: noisy 30 GB, edgeHub 1 GB.',
    ],
    info: { log_growth_per_day: 5e9, days_until_full: 10 },
  });
  expect(judge({}, [logOf('noisy', 30e9, 60)])).toMatchObject({ status: 'ok', info: { days_until_full: 100 } });
});

test('a log that has ended, or is minutes old, is no growth', () => {
  const ended = { ...logOf('noisy', 30e9, 6), last: now - 2 * day };
  expect(judge({}, [ended])).toMatchObject({ status: 'ok', info: { log_growth_per_day: 0 } });
  expect(judge({}, [logOf('noisy', 30e9, 0.01)])).toMatchObject({ status: 'ok', info: { log_growth_per_day: 0 } });
});

test('this machine, by its real files', async () => {
  await using files = await hostWith({ [`${logFolder}/x`]: '' });
  const { hostDisks } = await readFacts(['hostDisks'], worldWith({ host: files.host }));
  const verdict = diskSpace.judge({ hostDisks, edgeContainers: noEngine }, options);
  expect(verdict).toMatchObject({ info: { file_systems: [{ paths: [logFolder] }] } });
});

test('without the host it is skipped', () => {
  expect(diskSpace.judge({ hostDisks: noHost, edgeContainers: noEngine }, options)).toMatchObject({
    status: 'skipped',
    reason: 'host-access-off',
  });
});
