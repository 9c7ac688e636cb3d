/**
 * UploadModuleLogs (text, gzip) of a whole large log, in a container limited to 128 MB, against what an operator would
 * type instead: `docker logs M | gzip -6`. Both write to nowhere. Paired runs, in turns; medians as a Markdown table.
 * Usage: node bench/logs.ts [LINES [PAIRS]], after npm run build
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { interrupted } from '../sim/cli/interrupt.ts';
import { removeContents } from '../sim/engine/labelled.ts';
import { type Engine, simLabel, startEngine } from '../sim/engine.ts';
import { buildModuleImage } from '../sim/images.ts';
import type { LogKind } from './support/log-file.ts';
import { makeLoggedContainer } from './support/logged-container.ts';
import { median, table, type UploadReport } from './support/report.ts';

const exec = promisify(execFile);
const top = join(import.meta.dirname, '..');
const [lines = 3_000_000, pairs = 3] = process.argv.slice(2).map(Number);
const memory = 128 * 1024 * 1024;
const signal = interrupted();
const say = (text: string) => console.error(`bench: ${text}`);

interface Pair {
  readonly ours: UploadReport;
  /** Seconds and compressed bytes of `docker logs | gzip -6`. */
  readonly theirs: { readonly seconds: number; readonly bytes: number };
}

const engine = await startEngine({ log: say });
const dir = await mkdtemp(join(tmpdir(), 'edge-support-bench-'));
try {
  const results = new Map<LogKind, Pair[]>();
  const image = await prepare();
  for (const kind of ['repetitive', 'dense'] as const) {
    const bytes = await makeLoggedContainer(engine, { name: nameOf(engine, kind), kind, lines, dir, signal });
    say(`a ${kind} log of ${lines} lines, ${megabytes(bytes)} MB`);
    results.set(kind, await measure(kind, image));
  }
  console.log(render(results));
} finally {
  await removeContents(engine.docker, `${simLabel}=${engine.runId}`);
  await engine.stop();
  await rm(dir, { recursive: true, force: true });
}
process.exit(signal.aborted ? 130 : 0);

/** Bundles the child and makes the module's image, in which it runs. */
async function prepare(): Promise<string> {
  const nothing = join(dir, 'nothing.js');
  await writeFile(nothing, 'module.exports = {};');
  await build({
    entryPoints: [join(top, 'bench/logs-child.ts')],
    outfile: join(dir, 'logs-child.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // What dockerode loads and never uses here, left out as in the module's own build.
    alias: { ssh2: nothing, '@grpc/grpc-js': nothing, '@grpc/proto-loader': nothing },
  });
  return buildModuleImage(engine.docker, top, { standIn: engine.owned });
}

async function measure(kind: LogKind, image: string): Promise<Pair[]> {
  const found: Pair[] = [];
  const name = nameOf(engine, kind);
  for (let run = 0; run < pairs; run += 1) {
    signal.throwIfAborted();
    // In turns, so that neither always has the warmer cache.
    const before = run % 2 === 0 ? await dockerLogs(name) : undefined;
    const ours = await upload(name, image);
    const pair = { ours, theirs: before ?? (await dockerLogs(name)) };
    found.push(pair);
    say(`${kind} ${run + 1}: ours ${ours.seconds.toFixed(1)} s, docker logs ${pair.theirs.seconds.toFixed(1)} s`);
  }
  return found;
}

/** One upload by the child, in a container of its own. */
async function upload(log: string, image: string): Promise<UploadReport> {
  const socket = engine.dockerHost.replace('unix://', '');
  const container = await engine.docker.createContainer({
    Image: image,
    Cmd: ['node', '--max-semi-space-size=1', '/bench/logs-child.js', log],
    Env: ['DOCKER_HOST=unix:///var/run/docker.sock'],
    Labels: { [simLabel]: engine.runId },
    HostConfig: {
      NetworkMode: 'none',
      Memory: memory,
      MemorySwap: memory,
      Binds: [`${socket}:/var/run/docker.sock`, `${dir}:/bench:ro`],
    },
  });
  await container.start();
  const { StatusCode } = (await container.wait({ abortSignal: signal })) as { StatusCode: number };
  const output = (await container.logs({ stdout: true, stderr: true })).toString();
  await container.remove({ force: true });
  const report = /\{.*\}/.exec(output)?.[0];
  if (StatusCode !== 0 || report === undefined) throw new Error(`The upload ended with ${StatusCode}: ${output}`);
  return JSON.parse(report) as UploadReport;
}

async function dockerLogs(name: string): Promise<Pair['theirs']> {
  const started = performance.now();
  const command = `docker logs ${name} 2>&1 | gzip -6 | wc -c`;
  const env = { ...process.env, DOCKER_HOST: engine.dockerHost };
  const { stdout } = await exec('sh', ['-c', command], { env, signal });
  return { seconds: (performance.now() - started) / 1000, bytes: Number(stdout) };
}

function render(results: ReadonlyMap<LogKind, readonly Pair[]>): string {
  const rows = [...results].map(([kind, found]) => {
    const of = (value: (pair: Pair) => number) => median(found.map(value));
    const peaks = found.flatMap(({ ours }) => ours.cgroupPeak ?? []);
    return [
      kind,
      `${found[0]?.ours.lines} lines, ${megabytes(of(({ ours }) => ours.bytes))} MB`,
      `${of(({ ours }) => ours.seconds).toFixed(1)} s`,
      `${of(({ theirs }) => theirs.seconds).toFixed(1)} s`,
      of(({ ours, theirs }) => ours.seconds / theirs.seconds).toFixed(2),
      of(({ ours, theirs }) => ours.uploaded / theirs.bytes).toFixed(3),
      `${of(({ ours }) => (ours.cpuSeconds / ours.bytes) * 1e9).toFixed(0)} ms`,
      `${megabytes(Math.max(...found.map(({ ours }) => ours.maxRss)))} MB`,
      peaks.length === 0 ? 'not told' : `${megabytes(Math.max(...peaks))} MB`,
      `${Math.max(...found.map(({ ours }) => ours.longestBlockMs)).toFixed(0)} ms`,
    ];
  });
  const head = ['log', 'size', 'ours', '`docker logs` + `gzip -6`', 'time ratio', 'size ratio', 'CPU per MB'];
  const about = `Medians of ${pairs} paired runs, largest values of memory and blocking; ${cpus().length} CPUs; container limit 128 MB.`;
  return `${about}\n\n${table([...head, 'peak RSS', 'peak of the container', 'longest block of the event loop'], rows)}`;
}

function nameOf({ runId }: Engine, kind: LogKind): string {
  return `bench-${kind}-${runId}`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
