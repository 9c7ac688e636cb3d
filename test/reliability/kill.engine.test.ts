import { type Device, startDevice } from '../support/device.ts';
import { faultMatrix } from '../support/fault-matrix.ts';
import { drawMoments, killedAt } from '../support/kill-moments.ts';

/*
 * SIGKILL at random moments of a bundle's upload: while it is spooled, while its blocks are staged, at the commit. All
 * archives arrive, each exactly once. RELIABILITY_SEED repeats a run.
 */

const seed = Number(process.env['RELIABILITY_SEED'] || Math.floor(Math.random() * 1e9));

let device: Device;
/** Milliseconds from the request to the first block, and blocks, of an upload that nobody disturbs. */
let calm: { spoolMs: number; blocks: number };

beforeAll(async () => {
  device = await startDevice();
  await device.start();
  const first = device.edge.blob.faults.at({ kind: 'stage' }, 'none');
  const blocks = device.edge.blob.faults.at({ kind: 'stage' }, 'none', Number.POSITIVE_INFINITY);
  const begun = performance.now();
  const task = await device.upload();
  await first.hit();
  const spoolMs = performance.now() - begun;
  await device.onlyWholeBundle(await task.finished());
  calm = { spoolMs, blocks: first.hits + blocks.hits };
  blocks.lift();
  console.info(
    `RELIABILITY_SEED=${seed}; undisturbed: ${Math.round(spoolMs)} ms to the first of ${calm.blocks} blocks`,
  );
}, 90_000);

afterAll(async () => {
  await device?.stop();
  await device?.end();
}, 30_000);

const { row, documented } = faultMatrix('kills');

const phases = [
  { id: 'spooling', what: 'while its archive is collected and spooled', count: 7 },
  { id: 'staging', what: 'while its blocks are staged', count: 8 },
  { id: 'committing', what: 'at the commit', count: 5 },
] as const;

for (const { id, what, count } of phases) {
  row(
    `kill-${id}`,
    `the module is killed (SIGKILL) in the middle of an upload, ${what} (${count} random moments)`,
    async () => {
      const answers = [];
      for (const moment of drawMoments(id, { seed, count, ...calm })) answers.push(await killedAt(device, moment));
      return { sees: answers.slice(-1) };
    },
    120_000,
  );
}

documented();
