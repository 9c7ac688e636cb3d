import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountSmallDisk } from '../../sim/disk.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { dropPackets } from '../../sim/packets.ts';
import { waitFor } from '../../sim/wait.ts';
import { startTestEdge } from '../support/local-edge.ts';

let edge: LocalEdge;

beforeAll(async () => {
  edge = await startTestEdge();
}, 90_000);

afterAll(async () => {
  await edge?.stop();
}, 30_000);

const soon = { limitMs: 20_000 };
const pings = async () => (await edge.invoke('Ping', null, { timeoutSecs: 5 })).status === 200 || undefined;
const startedAt = async (name: string) => (await edge.engine.docker.getContainer(name).inspect()).State.StartedAt;

test('a module as a process can be killed and started again with its data folder', async () => {
  const first = await edge.startModule({ as: 'process' });
  await writeFile(join(first.dataDir, 'mark'), 'kept');
  await first.kill();
  expect(await first.ended()).toBe('signal SIGKILL');
  const second = await edge.startModule({ as: 'process' });
  try {
    expect(second.dataDir).toBe(first.dataDir);
    await access(join(second.dataDir, 'mark'));
    expect((await second.log()).match(/ starts as edgeSupport/g)).toHaveLength(2);
  } finally {
    await second.stop();
  }
});

test('a killed container comes back, an updated one finds its volume, and a half-open network is mended', async () => {
  const first = await edge.startModule({ as: 'container' });
  await writeFile(join(first.dataDir, 'mark'), 'kept');
  const before = await startedAt(edge.moduleId);
  await first.kill();
  await waitFor(
    'the module to answer after the kill',
    async () => ((await startedAt(edge.moduleId)) !== before ? pings() : undefined),
    soon,
  );
  const mend = await dropPackets(edge.engine, first.containerId ?? '', {
    address: edge.engine.edge.gateway,
    port: 8883,
  });
  expect(edge.hub.connected(edge.moduleId)).toBe(true);
  await expect(edge.invoke('Ping', null, { timeoutSecs: 5 })).rejects.toThrow(/504101|timed out/i);
  await mend();
  await waitFor('the module to answer over the mended network', pings, soon);
  await first.stop();
  const second = await edge.startModule({ as: 'container' });
  try {
    expect(second.dataDir).toBe(first.dataDir);
    await access(join(second.dataDir, 'mark'));
  } finally {
    await second.stop();
  }
}, 60_000);

test.each(['stop', 'crash'] as const)(
  'after a restart (%s) the engine’s containers run again and edgeHub is where it was',
  async (how) => {
    const before = await startedAt('edgeHub');
    await edge.engine.restart(how);
    expect(await startedAt('edgeHub')).not.toBe(before);
    const { State } = await edge.engine.docker.getContainer('edgeHub').inspect();
    expect(State.Running).toBe(true);
    const module = await edge.startModule({ as: 'container' });
    try {
      expect(await pings()).toBe(true);
    } finally {
      await module.stop();
    }
  },
  60_000,
);

test('an engine that hangs takes calls and answers when it goes on', async () => {
  const goOn = await edge.engine.hang();
  const answer = edge.engine.docker.ping();
  const first = await Promise.race([answer.then(() => 'answered'), new Promise((after) => setTimeout(after, 300))]);
  goOn();
  expect(first).toBeUndefined();
  await answer;
});

test('a small disk is soon full, and nothing can be written to a read-only one', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'small-'));
  const disk = await mountSmallDisk(join(dir, 'data'), 512);
  try {
    await writeFile(join(disk.dir, 'fits'), Buffer.alloc(100_000));
    await expect(writeFile(join(disk.dir, 'large'), Buffer.alloc(1_000_000))).rejects.toThrow('ENOSPC');
    await disk.makeReadOnly();
    await expect(writeFile(join(disk.dir, 'more'), 'x')).rejects.toThrow('EROFS');
  } finally {
    await disk.remove();
    await rm(dir, { recursive: true, force: true });
  }
});
