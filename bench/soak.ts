/**
 * An hour of a flapping edgeHub in two minutes: round after round some fault is injected into a connection that is
 * called all the time. Prints how long calls went unanswered after each fault's end, how many were answered, lost and
 * run twice, and what the module's process holds on to.
 * Usage: node bench/soak.ts [ROUNDS [SEED]]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startHub } from '../sim/hub/hub.ts';
import { createPki } from '../sim/pki.ts';
import { createService } from '../sim/service.ts';
import { startWorkload } from '../sim/workload.ts';
import { table } from './support/report.ts';

const [rounds = 60, seed = Math.floor(Math.random() * 2 ** 32)] = process.argv.slice(2).map(Number);
const [edgeHost, cloudHost] = ['127.77.90.2', '127.77.90.3'];
const [deviceId, moduleId] = ['soak-device', 'edgeSupport'];
const METHODS = '$iothub/methods/POST/#';
const random = randomFrom(seed);
console.error(`soak: ${rounds} rounds, seed ${seed}`);

const pki = await createPki();
const cloud = { address: cloudHost };
const hub = await startHub({
  pki,
  deviceId,
  hubHostName: cloudHost,
  cloud,
  edge: { address: edgeHost, hostName: edgeHost },
});
const folder = await mkdtemp(join(tmpdir(), 'soak-'));
const workload = await startWorkload({ socketPath: join(folder, 'workload.sock'), pki, hub });
const connectionString = hub.serviceConnectionString;
const service = createService({ connectionString, rootCertificate: pki.rootCertificate, deviceId });

const { faults } = hub;
interface Fault {
  begin(): unknown;
  /** How much longer than the usual half second it lasts. */
  readonly moreMs?: number;
  end?(): unknown;
}

const cutAnd = (more: Partial<typeof faults>) => {
  Object.assign(faults, more);
  faults.cut();
};
const troubleWorkload = (trouble: Partial<typeof workload.faults>) => {
  Object.assign(workload.faults, trouble);
  faults.cut();
};
const kinds: Readonly<Record<string, Fault>> = {
  'connection cut': { begin: () => faults.cut() },
  'edgeHub down': { begin: () => faults.down('edge'), end: () => faults.up('edge') },
  'edgeHub down, IoT Hub itself': { begin: () => faults.down('edge'), moreMs: 1500, end: () => faults.up('edge') },
  'edgeHub created anew': {
    begin: async () => {
      await faults.down('edge');
      await faults.loseSessions();
    },
    end: () => faults.up('edge'),
  },
  'SUBSCRIBE ignored': {
    begin: async () => {
      faults.swallowSubscribe(METHODS);
      await faults.loseSessions();
    },
    end: () => faults.swallowSubscribe(undefined),
  },
  'SUBSCRIBE refused': {
    begin: async () => {
      faults.swallowSubscribe(METHODS, 'refuse');
      await faults.loseSessions();
    },
    end: () => faults.swallowSubscribe(undefined),
  },
  'subscription forgotten': { begin: () => faults.dropMethodSubscription(moduleId) },
  'twin answers withheld': {
    begin: () => Object.assign(faults, { withholdTwinAnswers: true }),
    end: () => Object.assign(faults, { withholdTwinAnswers: false }),
  },
  'tokens of 1 s': {
    begin: () => cutAnd({ tokenLifetimeSecs: 1 }),
    moreMs: 2000,
    end: () => cutAnd({ tokenLifetimeSecs: undefined }),
  },
  'workload API away': {
    begin: () => troubleWorkload({ refuse: true }),
    end: () => Object.assign(workload.faults, { refuse: false }),
  },
  'workload API slow': {
    begin: () => troubleWorkload({ delayMs: 400 }),
    end: () => Object.assign(workload.faults, { delayMs: 0 }),
  },
};
const names = Object.keys(kinds);

const child = fork(join(import.meta.dirname, 'soak-child.ts'), {
  // As the image starts it.
  execArgv: ['--max-semi-space-size=1', '--expose-gc'],
  env: {
    PATH: process.env.PATH,
    SOAK_CA: pki.rootCertificate,
    ...(process.env.SOAK_LOG ? { SOAK_LOG: '1' } : {}),
    IOTEDGE_WORKLOADURI: workload.uri,
    IOTEDGE_DEVICEID: deviceId,
    IOTEDGE_MODULEID: moduleId,
    IOTEDGE_MODULEGENERATIONID: hub.register(moduleId).generationId,
    IOTEDGE_IOTHUBHOSTNAME: cloudHost,
    IOTEDGE_GATEWAYHOSTNAME: edgeHost,
  },
});
const ended = once(child, 'exit');

const answeredAt: { sent: number; answered: number }[] = [];
const pending = new Set<Promise<void>>();
const refusals: Record<string, number> = {};
let calls = 0;
let calling = true;

try {
  const load = callAllTheTime();
  await answerAfter(0, 20_000);
  await delay(3000);
  const before = await ask(child);
  const cures: Record<string, number[]> = {};
  for (let round = 1; round <= rounds; round += 1) {
    await delay(500 + random() * 1000);
    const name = names[Math.floor(random() * names.length)] ?? '';
    const fault = kinds[name];
    await fault?.begin();
    await delay(200 + random() * 600 + (fault?.moreMs ?? 0));
    await fault?.end?.();
    const cured = performance.now();
    const ms = await answerAfter(cured, 20_000);
    cures[name] = [...(cures[name] ?? []), ms];
    console.error(`soak: ${round}/${rounds} ${name}: answered after ${Math.round(ms)} ms`);
  }
  await delay(3000);
  calling = false;
  await load;
  await Promise.all(pending);
  const after = await ask(child);
  child.send('end');
  const [{ handles }] = (await once(child, 'message')) as [{ handles: readonly string[] }];

  const rows = Object.entries(cures).map(([kind, all]) => [
    kind,
    String(all.length),
    String(Math.round(all.reduce((sum, one) => sum + one, 0) / all.length)),
    String(Math.round(Math.max(...all))),
  ]);
  console.log(table(['fault', 'times', 'mean ms', 'longest ms'], rows));
  console.log(
    `Longest time without an answer after a fault's end: ${Math.round(Math.max(...Object.values(cures).flat()))} ms.`,
  );
  console.log(
    `Calls: ${calls}, answered ${answeredAt.length}, lost or refused ${JSON.stringify(refusals)}, run twice ${after.twice}.`,
  );
  console.log(
    `Memory: ${mb(before.rssMb)} MB at the start, ${mb(after.rssMb)} at the end (heap ${mb(before.heapMb)}, ${mb(after.heapMb)}).`,
  );
  console.log(`States: ${JSON.stringify(after.states)}.`);
  console.log(
    `Handles: ${before.handles.length} at the start, ${after.handles.length} at the end; after closing: ${handles.join(', ')}.`,
  );
} finally {
  calling = false;
  if (child.connected) child.disconnect();
  child.kill();
  await ended;
  service.close();
  await workload.stop();
  await hub.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A call every 50 ms, whatever became of those before. */
async function callAllTheTime(): Promise<void> {
  while (calling) {
    const id = calls;
    calls += 1;
    const sent = performance.now();
    const call = service
      .invoke(moduleId, 'Echo', { id }, { timeoutSecs: 5 })
      .then(
        () => void answeredAt.push({ sent, answered: performance.now() }),
        (error: Error) => {
          const code = /\d{6}/.exec(error.message)?.[0] ?? error.message;
          refusals[code] = (refusals[code] ?? 0) + 1;
        },
      )
      .finally(() => pending.delete(call));
    pending.add(call);
    await delay(50);
  }
}

/** Milliseconds from `start` to the first answer of a call that was made after it. */
async function answerAfter(start: number, limitMs: number): Promise<number> {
  for (;;) {
    const first = answeredAt.find(({ sent }) => sent >= start);
    if (first) return first.answered - start;
    if (performance.now() - start > limitMs)
      throw new Error(`No call was answered within ${limitMs / 1000} s; seed ${seed}.`);
    await delay(10);
  }
}

interface Seen {
  readonly rssMb: number;
  readonly heapMb: number;
  readonly twice: number;
  readonly states: Readonly<Record<string, number>>;
  readonly handles: readonly string[];
}

async function ask(process: ChildProcess): Promise<Seen> {
  process.send('report');
  const [seen] = (await once(process, 'message')) as [Seen];
  return seen;
}

function mb(value: number): string {
  return value.toFixed(1);
}

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
