/**
 * UploadSupportBundle of a device with ten modules and large logs, redaction on: the module in its container limited to
 * 128 MB, the whole bundle kept on the device. Against what an operator would type instead: `docker logs` of every module
 * piped into `zip`. Once through the Docker socket, once from the engine's own files. And against our own bundle in which only
 * known secrets are looked for, which tells what the rules cost. In turns; medians as a Markdown table. Usage: node bench/bundle.ts [LINES [PAIRS]], lines of each module; after npm run build
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { interrupted } from '../sim/cli/interrupt.ts';
import { type LocalEdge, startLocalEdge } from '../sim/edge.ts';
import type { LogKind } from './support/log-file.ts';
import { makeLoggedContainer } from './support/logged-container.ts';
import { median, table } from './support/report.ts';

const exec = promisify(execFile);
const [lines = 750_000, pairs = 3] = process.argv.slice(2).map(Number);
/** Of each module in turn. */
const kinds: readonly LogKind[] = ['repetitive', 'device', 'repetitive', 'dense', 'repetitive'];
const names = Array.from({ length: 10 }, (_, at) => `talker${at}`);
const signal = interrupted();
const say = (text: string) => console.error(`bench: ${text}`);

interface Run {
  readonly seconds: number;
  /** Of the archive. */
  readonly bytes: number;
  /** The most anonymous memory of the container that was seen, ours only. */
  readonly memory?: number;
}

const dir = await mkdtemp(join(tmpdir(), 'edge-support-bench-'));
let edge: LocalEdge | undefined;
try {
  edge = await startLocalEdge({ log: say, signal });
  let bytes = 0;
  for (const [at, name] of names.entries()) {
    const kind = kinds[at % kinds.length] as LogKind;
    bytes += await makeLoggedContainer(edge.engine, { name, kind, lines, dir, owned: true, signal });
  }
  say(`ten logs, ${(bytes / 1e6).toFixed(0)} MB`);
  const rows: string[][] = [];
  for (const engineLogs of [false, true]) {
    const module = await edge.startModule({
      as: 'container',
      engineLogs,
      env: { EDGE_SUPPORT_MINIMUM_REDACTION: 'known' },
    });
    const ours: Run[] = [];
    const known: Run[] = [];
    const theirs: Run[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      // In turns, so that neither always has the warmer cache.
      if (pair % 2 === 0) theirs.push(await dockerLogs(edge));
      ours.push(await bundle(edge, 'all'));
      known.push(await bundle(edge, 'known'));
      if (pair % 2 === 1) theirs.push(await dockerLogs(edge));
      say(
        `${engineLogs ? 'files' : 'socket'} ${pair + 1}: ours ${ours.at(-1)?.seconds.toFixed(1)} s, known secrets only ${known.at(-1)?.seconds.toFixed(1)} s, theirs ${theirs.at(-1)?.seconds.toFixed(1)} s`,
      );
    }
    const trouble = await module.ended();
    if (trouble !== undefined) throw new Error(`The module ended meanwhile: ${trouble}`);
    await module.stop();
    rows.push(rowOf(engineLogs ? "the engine's files" : 'the Docker socket', ours, known, theirs));
  }
  const about = `${(bytes / 1e6).toFixed(0)} MB in the logs of ten modules; medians of ${pairs} paired runs; ${cpus().length} CPUs; container limit 128 MB.`;
  const head = [
    'read from',
    'ours',
    '`docker logs` + `zip`',
    'time ratio',
    'size ratio',
    'most anonymous memory',
    'share of the rules',
  ];
  console.log(`${about}\n\n${table(head, rows)}`);
} finally {
  await edge?.stop();
  await rm(dir, { recursive: true, force: true });
}
process.exit(signal.aborted ? 130 : 0);

/** From the call until the archive is whole. */
async function bundle({ invoke, engine, moduleId }: LocalEdge, redaction: 'all' | 'known'): Promise<Run> {
  const started = performance.now();
  const { payload } = await invoke('UploadSupportBundle', { redaction });
  const { correlationId } = payload as { readonly correlationId: string };
  let memory = 0;
  for (;;) {
    signal.throwIfAborted();
    await delay(200);
    const stats = (await engine.docker.getContainer(moduleId).stats({ stream: false, 'one-shot': true })) as {
      memory_stats?: { stats?: { rss?: number; anon?: number } };
    };
    memory = Math.max(memory, stats.memory_stats?.stats?.anon ?? stats.memory_stats?.stats?.rss ?? 0);
    const answer = await invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    const task = answer.payload as { status: string; message: string; results?: readonly { bytes: number }[] };
    if (task.status === 'Running') continue;
    if (task.status !== 'Completed') throw new Error(`The bundle ended ${task.status}: ${task.message}`);
    return { seconds: (performance.now() - started) / 1000, bytes: task.results?.[0]?.bytes ?? 0, memory };
  }
}

async function dockerLogs({ engine }: LocalEdge): Promise<Run> {
  const started = performance.now();
  const command = `for m in ${names.join(' ')}; do docker logs $m 2>&1 | zip -q - - | cat; done | wc -c`;
  const env = { ...process.env, DOCKER_HOST: engine.dockerHost };
  const { stdout } = await exec('sh', ['-c', command], { env, signal });
  return { seconds: (performance.now() - started) / 1000, bytes: Number(stdout) };
}

function rowOf(from: string, ours: readonly Run[], known: readonly Run[], theirs: readonly Run[]): string[] {
  const of = (runs: readonly Run[], value: (run: Run) => number) => median(runs.map(value));
  const seconds = (runs: readonly Run[]) => of(runs, (run) => run.seconds);
  return [
    from,
    `${seconds(ours).toFixed(1)} s`,
    `${seconds(theirs).toFixed(1)} s`,
    (seconds(ours) / seconds(theirs)).toFixed(2),
    (of(ours, ({ bytes }) => bytes) / of(theirs, ({ bytes }) => bytes)).toFixed(3),
    `${(Math.max(...ours.map(({ memory = 0 }) => memory)) / 1e6).toFixed(0)} MB`,
    `${(100 * (1 - seconds(known) / seconds(ours))).toFixed(0)} %`,
  ];
}
