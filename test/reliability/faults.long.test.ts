import { setTimeout as delay } from 'node:timers/promises';
import type { Aim, AimedFault } from '../../sim/blob/aim.ts';
import { type Device, startDevice } from '../support/device.ts';
import { faultMatrix } from '../support/fault-matrix.ts';
import { drawMoments, killedAt } from '../support/kill-moments.ts';

/* Faults that take minutes: requests without an answer, a link that is down for long, a hundred kills, a large bundle. */

let device: Device;

afterEach(async () => {
  await device?.stop();
  await device?.end();
}, 60_000);

const { row, documented } = faultMatrix('long faults');
const minute = 60_000;

const unanswered: readonly { readonly id: string; readonly does: string; readonly fault: AimedFault }[] = [
  { id: 'timeout', does: 'never gets a request', fault: 'lost' },
  { id: 'no-answer', does: 'does the work, but its answer is lost', fault: 'unanswered' },
];

/** The last block, which is smaller than the others: they are given time for a slow link, by their size. */
const lastBlock: Aim = ({ kind, headers }) => kind === 'stage' && Number(headers['content-length']) < 1 << 20;

for (const { id, does, fault } of unanswered) {
  for (const [where, aim] of [
    ['block', lastBlock],
    ['commit', { kind: 'commit' }],
  ] as const) {
    row(
      `${id}-at-${where}`,
      `Blob Storage ${does} at a ${where}, and no connection breaks`,
      async () => {
        device = await startDevice();
        await device.start();
        const aimed = device.edge.blob.faults.at(aim, fault);
        const task = await device.upload();
        const answer = await task.finished(4 * minute);
        await device.onlyWholeBundle(answer);
        expect(aimed.hits).toBe(1);
        return { sees: [answer] };
      },
      5 * minute,
    );
  }
}

row(
  'link-down-for-long',
  'the link to Blob Storage is down for two minutes, and nobody looks',
  async () => {
    device = await startDevice();
    await device.start();
    const held = device.edge.blob.faults.at({ kind: 'stage', nth: 3 }, 'none');
    const task = await device.upload();
    await held.hit();
    await device.edge.blob.faults.gone();
    await delay(2 * minute);
    const waiting = await task.status();
    await device.edge.blob.faults.heal();
    const answer = await task.finished(2 * minute);
    await device.onlyWholeBundle(answer);
    return { sees: [waiting, answer] };
  },
  6 * minute,
);

row(
  'kill-100',
  'the module is killed a hundred times, each at a random moment of an upload',
  async () => {
    const seed = Number(process.env['RELIABILITY_SEED'] || Math.floor(Math.random() * 1e9));
    console.info(`RELIABILITY_SEED=${seed}`);
    device = await startDevice();
    await device.start();
    const answers = [];
    for (const [phase, count] of [
      ['spooling', 40],
      ['staging', 40],
      ['committing', 20],
    ] as const) {
      for (const moment of drawMoments(phase, { seed, count, spoolMs: 1500, blocks: 5 })) {
        answers.push(await killedAt(device, moment));
      }
    }
    expect(answers).toHaveLength(100);
    return { sees: answers.slice(-1) };
  },
  15 * minute,
);

row(
  'large-and-killed',
  'the module, limited to 128 MB of memory, is killed in each of four starts of a bundle of 150 MB',
  async () => {
    device = await startDevice({ lines: 2_000_000 });
    await device.start({ as: 'container' });
    const task = await device.upload();
    for (let kills = 1; kills <= 4; kills += 1) {
      await device.edge.blob.faults.at({ kind: 'stage', nth: 8 }, 'none').hit(4 * minute);
      await device.kill();
    }
    const answer = await task.finished(4 * minute);
    await device.onlyWholeBundle(answer);
    const { State } = await device.edge.engine.docker.getContainer(device.edge.moduleId).inspect();
    expect(State.OOMKilled).toBe(false);
    return { sees: [answer] };
  },
  15 * minute,
);

documented();
