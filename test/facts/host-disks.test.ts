import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { readFacts } from '../../module/facts/index.ts';
import { type HostFiles, hostWith } from './support/host-files.ts';
import { worldWith } from './support/world.ts';

const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
const device = { engineRoot: '/data/docker', storageFolders: ['/iotedge/storage'] };
const line = (time: string) => `{"log":"secret\\n","stream":"stdout","time":"${time}"}\n`;

const read = async ({ host }: HostFiles) => {
  const { hostDisks } = await readFacts(['hostDisks'], worldWith({ host }));
  if (!('value' in hostDisks)) throw new Error(hostDisks.why);
  return hostDisks.value;
};

test('one file system with all that lies on it, and the logs, the largest first', async () => {
  const folder = '/data/docker/containers';
  await using files = await hostWith(
    {
      [`${folder}/${one}/${one}-json.log`]: line('2026-01-01T00:00:00.5Z') + line('2026-01-02T00:00:00Z'),
      [`${folder}/${one}/config.v2.json`]: 'x'.repeat(5000),
      [`${folder}/${two}/${two}-json.log`]: line('2026-01-03T00:00:00Z'),
      [`${folder}/${two}/${two}-json.log.1`]: 'x'.repeat(1000),
      [`${folder}/${three}/local-logs/container.log`]: 'x'.repeat(700),
      [`${folder}/not-a-container/x-json.log`]: 'x'.repeat(9000),
      '/iotedge/storage/x': '',
    },
    { device, missing: ['/var/log'] },
  );
  const { fileSystems, logs, logFolder, logsProblem } = await read(files);
  expect(fileSystems).toHaveLength(1);
  expect(fileSystems[0]?.paths).toEqual([folder, '/iotedge/storage']);
  expect(fileSystems[0]?.total).toBeGreaterThan(fileSystems[0]?.available ?? 0);
  expect(logFolder).toBe(folder);
  expect(logsProblem).toBeUndefined();
  expect(logs.map(({ containerId, bytes, files: count }) => [containerId, bytes, count])).toEqual([
    [two, 1000 + line('2026-01-03T00:00:00Z').length, 2],
    [three, 700, 1],
    [one, line('2026-01-01T00:00:00.5Z').length + line('2026-01-02T00:00:00Z').length, 1],
  ]);
  expect(logs[2]?.first).toBe(Date.parse('2026-01-01T00:00:00.5Z'));
  expect(Math.abs((logs[1]?.last ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(JSON.stringify(logs)).not.toContain('secret');
});

test('what edgeAgent and edgeHub have stored is added up, folders below included, links not followed', async () => {
  await using files = await hostWith(
    {
      '/iotedge/storage/edgeHub/a.sst': 'x'.repeat(3000),
      '/iotedge/storage/note': 'x'.repeat(10),
      '/far/away': 'x'.repeat(99),
    },
    { device: { ...device, storageFolders: ['/iotedge/storage', '/gone'] }, missing: ['/gone'] },
  );
  await symlink(files.at('/far'), files.at('/iotedge/storage/link'));
  expect((await read(files)).stores).toEqual({ '/iotedge/storage': { bytes: 3010, files: 2 } });
});

/** Bytes that this process has read so far, of files and of all else. */
const bytesRead = async () => Number(/^rchar: (\d+)$/m.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);

test('of 300 containers, one with a log of 5 GB, the logs are not read, but for a little of each', async () => {
  await using files = await hostWith({ '/data/docker/containers/x': '' }, { device });
  const id = (at: number) => at.toString(16).padStart(64, '0');
  for (let at = 0; at < 300; at++) {
    await mkdir(files.at(`/data/docker/containers/${id(at)}`));
    await writeFile(files.at(`/data/docker/containers/${id(at)}/${id(at)}-json.log`), line('2026-01-01T00:00:00Z'));
  }
  await truncate(files.at(`/data/docker/containers/${id(7)}/${id(7)}-json.log`), 5e9);
  const before = await bytesRead();
  const { logs } = await read(files);
  const amount = (await bytesRead()) - before;
  expect(amount).toBeGreaterThan(0);
  expect(amount).toBeLessThan(100e6);
  expect(logs).toHaveLength(300);
  expect(logs[0]).toMatchObject({ containerId: id(7), bytes: 5e9 });
});

test('logs that cannot be looked at leave the disks', async () => {
  await using files = await hostWith({ '/iotedge/storage/x': '' }, { device });
  const { fileSystems, logs, logsProblem } = await read(files);
  expect(fileSystems[0]?.paths).toEqual(['/iotedge/storage']);
  expect(logs).toEqual([]);
  expect(logsProblem).toContain('ENOENT');
});

test('none of the folders is no reading', async () => {
  await using files = await hostWith({}, { device });
  const { hostDisks } = await readFacts(['hostDisks'], worldWith({ host: files.host }));
  expect(hostDisks).toMatchObject({ unavailable: 'mount-missing' });
});
