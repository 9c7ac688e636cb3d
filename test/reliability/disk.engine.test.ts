import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountSmallDisk, type SmallDisk } from '../../sim/disk.ts';
import { type Device, startDevice } from '../support/device.ts';
import { faultMatrix } from '../support/fault-matrix.ts';

/* The disk of the data folder is full, or read-only. */

let device: Device;

beforeAll(async () => {
  device = await startDevice({ lines: 120_000 });
}, 90_000);

afterAll(() => device?.end(), 30_000);

const { row, documented } = faultMatrix('disk');

/** Large enough that the bundle may be spooled: archives get a tenth of what is free. */
const kilobytes = 128 * 1024;

let disk: SmallDisk;
beforeEach(async () => {
  disk = await mountSmallDisk(join(device.dir, `disk-${crypto.randomUUID()}`), kilobytes);
});
afterEach(async () => {
  await device.stop();
  await disk.remove();
}, 30_000);

/** Leaves so many kilobytes free on the disk, or none when the module has more than that on it already. */
const fill = async (leftKilobytes: number) => {
  const content = Buffer.alloc((kilobytes - leftKilobytes) * 1024);
  await writeFile(join(disk.dir, 'other-data'), content).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error;
  });
};

row('disk-full', 'the disk of the data folder is full', async () => {
  await fill(0);
  await device.start({ dataDir: disk.dir });
  const task = await device.upload();
  const answer = await task.finished();
  await device.onlyWholeBundle(answer);
  expect(answer.results).toMatchObject([{ durable: false }]);
  return { sees: [answer] };
});

row('disk-fills', 'the disk of the data folder becomes full in the middle of spooling', async () => {
  await device.start({ dataDir: disk.dir });
  const task = await device.upload();
  await task.until('it collects', ({ step = '' }) => step.startsWith('collecting'));
  // A file that takes what there is but for a part of what the archive needs.
  await fill(3000);
  const answer = await task.finished();
  await device.onlyWholeBundle(answer);
  expect(answer.results).toMatchObject([{ durable: false }]);
  return { sees: [answer] };
});

row('disk-read-only', 'the data folder can only be read', async () => {
  await disk.makeReadOnly();
  await device.start({ dataDir: disk.dir });
  const task = await device.upload();
  const answer = await task.finished();
  await device.onlyWholeBundle(answer);
  expect(answer.results).toMatchObject([{ durable: false }]);
  return { sees: [answer] };
});

row(
  'disk-nearly-full-and-killed',
  'the disk has room for a few notes only, and the module is killed while it uploads',
  async () => {
    await fill(64);
    await device.start({ dataDir: disk.dir });
    const held = device.edge.blob.faults.at({ kind: 'stage', nth: 2 }, 'lost', Number.POSITIVE_INFINITY);
    const task = await device.upload();
    await held.hit();
    await device.kill();
    await device.edge.blob.faults.heal();
    await device.startAgain();
    const answer = await task.finished();
    await device.onlyWholeBundle(answer);
    expect(answer.results).toMatchObject([{ durable: false }]);
    return { sees: [answer] };
  },
);

documented();
