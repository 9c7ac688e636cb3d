import { waitFor } from '../../sim/wait.ts';
import { type Device, startDevice, talker } from '../support/device.ts';
import { faultMatrix } from '../support/fault-matrix.ts';

/* What the module stands between fails: the Docker engine, edgeHub, and its own container. */

let device: Device;

beforeAll(async () => {
  device = await startDevice({ lines: 120_000 });
}, 90_000);

afterAll(() => device?.end(), 30_000);

afterEach(() => device.stop(), 30_000);

const { row, documented } = faultMatrix('engine and hub');

const collectsTheLog = ({ step = '' }: { step?: string }) => step.includes(`logs/${talker}`);

row(
  'engine-restart',
  'the Docker engine is restarted in the middle of collecting, and with it the module’s container',
  async () => {
    await device.start({ as: 'container' });
    const task = await device.upload();
    await task.until('it collects the large log', collectsTheLog);
    await device.edge.engine.restart();
    const answer = await task.finished();
    await device.onlyWholeBundle(answer);
    return { sees: [answer] };
  },
  60_000,
);

row(
  'engine-crash',
  'the Docker engine crashes in the middle of collecting, and the module lives on',
  async () => {
    await device.start();
    const task = await device.upload();
    await task.until('it collects the large log', collectsTheLog);
    await device.edge.engine.restart('crash');
    const answer = await task.finished();
    const { incomplete } = await device.bundle(await device.onlyBlob(answer));
    // What the log had given before the crash is there; that the rest is missing must be said.
    expect(incomplete).toEqual([expect.stringMatching(`^logs/${talker}_log.txt: (partial|failed)$`)]);
    return { sees: [answer], lost: 'the rest of the log that was being read; the manifest names it' };
  },
  60_000,
);

row('engine-pause', 'the Docker engine hangs for 3 s in the middle of collecting', async () => {
  await device.start();
  const task = await device.upload();
  await task.until('it collects the large log', collectsTheLog);
  const goOn = await device.edge.engine.hang();
  try {
    await new Promise((after) => setTimeout(after, 3000));
    expect((await task.status()).status).toBe('Running');
  } finally {
    goOn();
  }
  const answer = await task.finished();
  await device.onlyWholeBundle(answer);
  return { sees: [answer] };
});

row(
  'engine-hang',
  'the Docker engine hangs in the middle of collecting until the task’s deadline',
  async () => {
    await device.start({ env: { EDGE_SUPPORT_TASK_TIMEOUT_SECS: '10' } });
    const task = await device.upload();
    await task.until('it collects the large log', collectsTheLog);
    const goOn = await device.edge.engine.hang();
    try {
      const answer = await task.finished(20_000);
      const { files, incomplete } = await device.bundle(await device.onlyBlob(answer));
      expect(answer.partial).toEqual([expect.stringMatching(/deadline|10 s/)]);
      expect(incomplete).toContain(`logs/${talker}_log.txt: canceled`);
      expect(files.has('check.json')).toBe(true);
      return { sees: [answer], lost: 'what was not collected by then; the manifest names each file' };
    } finally {
      goOn();
    }
  },
  60_000,
);

row(
  'module-updated',
  'the module is updated in the middle of an upload: its container is removed and created anew with its volume',
  async () => {
    const module = await device.start({ as: 'container' });
    const held = device.edge.blob.faults.at({ kind: 'stage', nth: 3 }, 'lost', Number.POSITIVE_INFINITY);
    const task = await device.upload();
    await held.hit();
    await module.stop();
    await device.edge.blob.faults.heal();
    await device.startAgain();
    const answer = await task.finished();
    await device.onlyWholeBundle(answer);
    return { sees: [answer] };
  },
  60_000,
);

row('module-out-of-memory', 'the module’s process is killed in its container, as for want of memory', async () => {
  await device.start({ as: 'container' });
  const held = device.edge.blob.faults.at({ kind: 'stage', nth: 3 }, 'lost', Number.POSITIVE_INFINITY);
  const task = await device.upload();
  await held.hit();
  await device.kill();
  await device.edge.blob.faults.heal();
  const answer = await task.finished();
  await device.onlyWholeBundle(answer);
  return { sees: [answer] };
});

row('edgehub-restarted', 'edgeHub is restarted in the middle of a task', async () => {
  await device.start();
  const held = device.edge.blob.faults.at({ kind: 'stage', nth: 3 }, { delayMs: 1000 });
  const task = await device.upload();
  await held.hit();
  await device.edge.hub.faults.down('edge');
  await device.edge.hub.faults.up('edge');
  const answer = await task.finished(20_000);
  await device.onlyWholeBundle(answer);
  return { sees: [answer] };
});

row('edgehub-recreated', 'edgeHub is re-created in the middle of a task and knows no session any more', async () => {
  await device.start();
  const held = device.edge.blob.faults.at({ kind: 'stage', nth: 3 }, { delayMs: 1000 });
  const task = await device.upload();
  await held.hit();
  await device.edge.hub.faults.loseSessions('edge');
  const answer = await task.finished(20_000);
  await device.onlyWholeBundle(answer);
  return { sees: [answer] };
});

row('twin', 'nobody asks for the task: after a kill the twin tells what became of it', async () => {
  await device.start();
  const held = device.edge.blob.faults.at({ kind: 'stage', nth: 3 }, 'lost', Number.POSITIVE_INFINITY);
  const task = await device.upload();
  await held.hit();
  await device.kill();
  await device.edge.blob.faults.heal();
  await device.startAgain();
  const told = await waitFor(
    'the twin to say that the task is completed',
    () => {
      const { tasks } = device.edge.hub.twin(device.edge.moduleId).reported;
      const own = JSON.stringify(tasks ?? {});
      return own.includes(task.id) && own.includes('Completed') ? own : undefined;
    },
    { limitMs: 20_000 },
  );
  expect(told).not.toContain('sig=');
  await device.onlyWholeBundle(await task.status());
  return { sees: ['reported property `tasks`: Completed'] };
});

documented();
