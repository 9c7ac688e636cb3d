import { createModuleClock } from '../../sim/clock.ts';
import { type Device, startDevice } from '../support/device.ts';
import { faultMatrix } from '../support/fault-matrix.ts';

/* The device's clock jumps. */

let device: Device;

beforeAll(async () => {
  device = await startDevice({ lines: 60_000 });
}, 90_000);

afterAll(() => device?.end(), 30_000);

const { row, documented } = faultMatrix('clock');

const year = 365 * 24 * 3600 * 1000;

afterEach(() => device.stop(), 30_000);

for (const [id, offset, words] of [
  ['ahead', year, 'a year ahead'],
  ['behind', -year, 'a year back'],
] as const) {
  row(`clock-${id}`, `the clock jumps ${words} in the middle of an upload`, async () => {
    const clock = await createModuleClock(device.dir);
    await device.start({ env: clock.env });
    const held = device.edge.blob.faults.at({ kind: 'stage', nth: 2 }, { delayMs: 500 });
    const task = await device.upload();
    await held.hit();
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
    const held = device.edge.blob.faults.at({ kind: 'stage', nth: 3 }, 'lost', Number.POSITIVE_INFINITY);
    const task = await device.upload();
    await held.hit();
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

documented();
