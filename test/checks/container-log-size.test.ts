import { truncate } from 'node:fs/promises';
import { containerLogSize } from '../../module/checks/container-log-size.ts';
import { readFacts } from '../../module/facts/index.ts';
import { hostWith } from '../facts/support/host-files.ts';
import { worldWith } from '../facts/support/world.ts';
import { container, containers, noEngine, noHost, options, value } from './support/readings.ts';

const id = 'a'.repeat(64);
const logFolder = '/var/lib/docker/containers';
const file = `${logFolder}/${id}/${id}-json.log`;
const unbounded = container('noisy', { containerId: id, log: { driver: 'json-file' } });
const bounded = container('quiet', { containerId: id });

test.each([
  [
    unbounded,
    'warning',
    /^The log of noisy takes 3 GB, .* % of its disk, and grows by 1\.\d GB a day and has no limit\.$/,
  ],
  [bounded, 'ok', /^$/],
  [container('other'), 'warning', /^The log of aaaaaaaaaaaa takes 3 GB.*; whether it has a limit is not known\.$/],
])('a real file of 3 GB, two days old, of %#', async (owner, status, text) => {
  await using files = await hostWith({ [file]: '{"log":"x\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n' });
  await truncate(files.at(file), 3e9);
  const { hostDisks } = await readFacts(['hostDisks'], worldWith({ host: files.host }));
  const now = new Date('2026-01-03T00:00:00Z');
  const verdict = containerLogSize.judge({ hostDisks, edgeContainers: containers(owner) }, { ...options, now });
  expect(verdict).toMatchObject({ status, info: { total_bytes: 3e9 } });
  expect('details' in verdict ? verdict.details.join() : '').toMatch(text);
});

test('on a small disk a tenth of it is enough', () => {
  const disk = { paths: [logFolder], total: 4e9, available: 2e9, inodes: 0, freeInodes: 0 };
  const of = (bytes: number) => {
    const logs = [{ containerId: id, bytes, files: 1, last: options.now.getTime() }];
    const hostDisks = value({ fileSystems: [disk], logs, logFolder, stores: {} });
    return containerLogSize.judge({ hostDisks, edgeContainers: containers(unbounded) }, options).status;
  };
  expect(of(500e6)).toBe('warning');
  expect(of(300e6)).toBe('ok');
});

test('without the logs or the host it is skipped', () => {
  const facts = { fileSystems: [], logs: [], logFolder, stores: {}, logsProblem: 'EACCES' };
  expect(containerLogSize.judge({ hostDisks: value(facts), edgeContainers: noEngine }, options)).toMatchObject({
    status: 'skipped',
    reason: 'unreadable',
  });
  expect(containerLogSize.judge({ hostDisks: noHost, edgeContainers: noEngine }, options).status).toBe('skipped');
});
