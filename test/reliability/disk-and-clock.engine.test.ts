import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createModuleClock } from '../../sim/clock.ts';
import { mountSmallDisk, type SmallDisk } from '../../sim/disk.ts';
import { waitFor } from '../../sim/wait.ts';
import { type Device, startDevice, talker } from '../support/device.ts';
import { faultMatrix } from '../support/fault-matrix.ts';

/* The device itself is in a bad state: a full or read-only disk, a clock that jumps. */

let device: Device;

beforeAll(async () => {
  device = await startDevice({ lines: 200_000 });
}, 90_000);

afterAll(() => device?.end(), 30_000);

const { row, documented } = faultMatrix('disk and clock');

const year = 365 * 24 * 3600 * 1000;

describe('disk', () => {
  let disk: SmallDisk;
  beforeEach(async () => {
    disk = await mountSmallDisk(join(device.dir, `disk-${crypto.randomUUID()}`), 256 * 1024);
  });
  afterEach(async () => {
    await device.stop();
    await disk.remove();
  }, 30_000);

  /** Leaves so many kilobytes free on the disk. */
  const fill = async (leftKilobytes: number) => {
    await writeFile(join(disk.dir, 'other-data'), Buffer.alloc((256 * 1024 - leftKilobytes) * 1024));
  };

  row('disk-full', 'the disk of the data folder is full', async () => {
    await fill(64);
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
    await task.until('it collects the large log', ({ step = '' }) => step.includes(talker));
    // A file that takes whatever there is.
    await writeFile(join(disk.dir, 'other-data'), Buffer.alloc(256 * 1024 * 1024)).catch(() => undefined);
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
    'disk-full-and-killed',
    'the disk of the data folder is full, and the module is killed while it uploads',
    async () => {
      await fill(64);
      await device.start({ dataDir: disk.dir });
      const { hit } = device.edge.blob.faults.at({ kind: 'stage', nth: 2 }, 'lost', Number.POSITIVE_INFINITY);
      const task = await device.upload();
      await hit;
      await device.kill();
      await device.edge.blob.faults.heal();
      await device.startAgain();
      const answer = await waitFor('the module to say what it knows of the task', task.status, { limitMs: 10_000 });
      if (answer.status === 'Unknown') {
        expect(await device.newBlobs()).toEqual([]);
        return { sees: [answer], lost: 'the task: there is no room to write it down' };
      }
      const last = await task.finished();
      await device.onlyWholeBundle(last);
      return { sees: [last] };
    },
  );
});

describe('clock', () => {
  afterEach(() => device.stop(), 30_000);

  for (const [id, offset, words] of [
    ['ahead', year, 'a year ahead'],
    ['behind', -year, 'a year back'],
  ] as const) {
    row(`clock-${id}`, `the clock jumps ${words} in the middle of an upload`, async () => {
      const clock = await createModuleClock(device.dir);
      await device.start({ env: clock.env });
      const { hit } = device.edge.blob.faults.at({ kind: 'stage', nth: 2 }, { delayMs: 500 });
      const task = await device.upload();
      await hit;
      await clock.setTo(offset);
      const answer = await task.finished();
      await device.onlyWholeBundle(answer);
      const { seconds } = answer as unknown as { seconds: number };
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(60);
      expect(await task.status()).toEqual(answer);
      return { sees: [answer] };
    });
  }

  row(
    'clock-ahead-and-killed',
    'the clock jumps a year ahead, and the module is killed in the middle of an upload',
    async () => {
      const clock = await createModuleClock(device.dir);
      await device.start({ env: clock.env });
      const { hit } = device.edge.blob.faults.at({ kind: 'stage', nth: 3 }, 'lost', Number.POSITIVE_INFINITY);
      const task = await device.upload();
      await hit;
      await clock.setTo(year);
      await device.kill();
      await device.edge.blob.faults.heal();
      await device.startAgain();
      // By the module's clock the SAS expired long ago; Blob Storage, which has the true time, takes it.
      const answer = await task.finished();
      await device.onlyWholeBundle(answer);
      return { sees: [answer] };
    },
  );

  row('clock-ahead-request', 'a request with a good SAS comes while the clock is a year ahead', async () => {
    const clock = await createModuleClock(device.dir);
    await clock.setTo(year);
    await device.start({ env: clock.env });
    const { status, payload } = await device.invoke('UploadSupportBundle', {
      schemaVersion: '1.0',
      sasUrl: device.edge.blob.containerSasUrl(),
    });
    const { message } = payload as { message: string };
    expect({ status, message }).toEqual({ status: 400, message: expect.stringMatching(/expired at .*clock/) });
    return { sees: [`status 400: ${message}`], lost: 'nothing: no work was begun' };
  });
});

documented();
