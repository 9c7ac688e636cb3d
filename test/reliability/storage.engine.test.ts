import { setTimeout as delay } from 'node:timers/promises';
import type { AimedFault } from '../../sim/blob/aim.ts';
import { type Device, sha256, startDevice } from '../support/device.ts';
import { faultMatrix } from '../support/fault-matrix.ts';
import type { Task, TaskAnswer } from '../support/task.ts';

/* Blob Storage and the link to it fail; every archive arrives all the same, once, or is kept. */

let device: Device;

beforeAll(async () => {
  device = await startDevice();
}, 90_000);

afterAll(() => device?.end(), 30_000);

beforeEach(async () => void (await device.start()), 30_000);
afterEach(() => device.stop(), 30_000);

const { row, documented } = faultMatrix('storage');

const isWaiting = ({ step = '' }: TaskAnswer) => step.startsWith('waiting for storage:');

const struck: readonly { readonly id: string; readonly does: string; readonly fault: AimedFault }[] = [
  { id: '500', does: 'answers 500', fault: { status: 500 } },
  { id: '503', does: 'answers 503', fault: { status: 503 } },
  { id: '429', does: 'answers 429 with Retry-After', fault: { status: 429, retryAfterSecs: 1 } },
  { id: 'reset', does: 'resets the connection', fault: 'reset' },
  { id: 'reset-when-done', does: 'does the work, then resets the connection', fault: 'reset-when-done' },
];

for (const { id, does, fault } of struck) {
  row(`${id}-at-blocks`, `Blob Storage ${does} at four blocks`, () => strike('stage', 2, fault, 4));
  row(`${id}-at-commit`, `Blob Storage ${does} at the commit`, () => strike('commit', 1, fault));
}

row('break-off', 'the connection breaks off in the middle of four blocks', () => strike('stage', 2, 'half', 4));

/**
 * `times`: blocks are sent two at a time, and what fails while the archive is still being made is not waited for but
 * sent later: with four, two at least are struck that the operator sees waiting.
 */
async function strike(kind: 'stage' | 'commit', nth: number, fault: AimedFault, times = 1) {
  const aimed = device.edge.blob.faults.at({ kind, nth }, fault, times);
  const task = await device.upload();
  const waiting = await task.until('it waits for storage', isWaiting);
  const answer = await task.finished(20_000);
  await device.onlyWholeBundle(answer);
  expect(aimed.hits).toBe(times);
  return { sees: [waiting, answer] };
}

row(
  'link-down',
  'the link to Blob Storage is down in the middle of an upload, longer than any retry of the SDK',
  async () => {
    const { faults } = device.edge.blob;
    const held = faults.at({ kind: 'stage', nth: 2 }, 'none');
    const task = await device.upload();
    await held.hit();
    await faults.gone();
    await task.until('it waits for storage', isWaiting);
    await delay(10_000);
    const waiting = await task.until('it still waits for storage', isWaiting);
    await faults.heal();
    await task.resume();
    const answer = await task.finished(20_000);
    await device.onlyWholeBundle(answer);
    return { sees: [waiting, answer] };
  },
  60_000,
);

row(
  'link-down-and-killed',
  'the link is down, and the module is killed while it waits for storage',
  async () => {
    const { faults } = device.edge.blob;
    await faults.gone();
    const task = await device.upload();
    const waiting = await task.until('it waits for storage', isWaiting);
    await device.kill();
    await device.startAgain();
    const again = await task.until('it waits for storage again', isWaiting);
    await faults.heal();
    await task.resume();
    const answer = await task.finished(20_000);
    await device.onlyWholeBundle(answer);
    return { sees: [waiting, again, answer] };
  },
  60_000,
);

row('refused', 'Blob Storage refuses the SAS; then ResumeTask brings a good one', async () => {
  const wrong = device.edge.blob.containerSasUrl().replace(/sig=[^&]+/, 'sig=d3Jvbmctc2lnbmF0dXJlLXdyb25n');
  const task = await device.upload({ sasUrl: wrong });
  const refused = await whenRefused(task);
  expect(await device.newBlobs()).toEqual([]);
  await task.resume(device.edge.blob.containerSasUrl());
  const answer = await task.finished(20_000);
  await device.onlyWholeBundle(answer);
  return { sees: [refused, answer] };
});

row('sas-expires', 'the SAS expires in the middle of an upload; then ResumeTask brings a fresh one', async () => {
  const { blob } = device.edge;
  // Long enough for two blocks on a busy machine too: a SAS that never worked is refused in other words.
  const expiresOn = new Date(Math.ceil(Date.now() / 1000 + 6) * 1000);
  const held = blob.faults.at({ kind: 'stage', nth: 3 }, { delayMs: 7500 });
  const task = await device.upload({ sasUrl: blob.containerSasUrl({ expiresOn }) });
  const refused = await whenRefused(task);
  expect(held.hits).toBe(1);
  await task.resume(blob.containerSasUrl());
  const answer = await task.finished(20_000);
  await device.onlyWholeBundle(answer);
  // What the last try met, a refusal or a connection that was closed meanwhile, is a matter of time.
  const told = { ...refused, message: refused.message.replace(/ Last: .*?\.(?= The archive is kept on)/s, '') };
  return { sees: [told, answer] };
});

/** The answer that tells of the refusal: the task has failed, or it waits for a better SAS. */
const whenRefused = async (task: Task) => {
  const refused = await task.until(
    'it was refused',
    ({ status, step = '', message }) => status === 'Failed' || /refused|SAS/.test(step + message),
  );
  expect(`${refused.step ?? ''} ${refused.message}`).toMatch(/SAS/);
  expect(JSON.stringify(refused)).not.toMatch(/sig=/);
  return refused;
};

row('no-account', 'no storage account: the request names none and none is set', async () => {
  const task = await device.upload({ sasUrl: undefined });
  const answer = await task.finished();
  expect(answer).toMatchObject({ status: 'Completed', results: [{ kept: expect.stringContaining('spool') }] });
  const archive = await download(task);
  expect({ bytes: archive.length, sha256: sha256(archive) }).toEqual({
    bytes: answer.results?.[0]?.bytes,
    sha256: answer.results?.[0]?.sha256,
  });
  expect((await device.bundle(archive)).incomplete).toEqual([]);
  expect(await device.newBlobs()).toEqual([]);
  return { sees: [answer, '`DownloadArchive` hands the archive out, page by page'] };
});

/** The archive of a task, put together from the pages of DownloadArchive. */
async function download({ id }: Task): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let offset = 0; ; ) {
    const { status, payload } = await device.invoke('DownloadArchive', { correlationId: id, offset });
    expect({ status, payload }).toMatchObject({ status: 200 });
    const { data, bytes } = payload as { data: string; bytes: number };
    const part = Buffer.from(data, 'base64');
    parts.push(part);
    offset += part.length;
    if (offset >= bytes || part.length === 0) return Buffer.concat(parts);
  }
}

const moments: readonly { readonly id: string; readonly when: string; reach(): Promise<Task> }[] = [
  {
    id: 'collecting',
    when: 'while it collects',
    reach: async () => {
      const task = await device.upload();
      await task.until('it collects', ({ step = '' }) => step.startsWith('collecting'));
      return task;
    },
  },
  { id: 'block', when: 'in the middle of a block', reach: () => heldAt('stage', 3) },
  { id: 'commit', when: 'at the commit', reach: () => heldAt('commit', 1) },
  {
    id: 'waiting',
    when: 'while it waits for storage',
    reach: async () => {
      await device.edge.blob.faults.gone();
      const task = await device.upload();
      await task.until('it waits for storage', isWaiting);
      return task;
    },
  },
];

for (const { id, when, reach } of moments) {
  row(`cancel-${id}`, `CancelTask ${when}`, async () => {
    const task = await reach();
    const begun = performance.now();
    await task.cancel();
    const answer = await task.until('it is cancelled', ({ status }) => status === 'Cancelled', 5000);
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(await device.spooled()).toEqual([]);
    await device.edge.blob.faults.heal();
    await delay(500);
    expect(await device.newBlobs()).toEqual([]);
    return { sees: [answer], lost: 'the archive, as was asked for' };
  });
}

/** A task whose n-th request of a kind never reaches Blob Storage. */
async function heldAt(kind: 'stage' | 'commit', nth: number): Promise<Task> {
  const held = device.edge.blob.faults.at({ kind, nth }, 'lost', Number.POSITIVE_INFINITY);
  const task = await device.upload();
  await held.hit();
  return task;
}

documented();
