/**
 * A window of a large log, and the whole of it, against `docker logs`: through the engine's socket alone, and from the
 * engine's log files. Everything is read and counted, nothing kept. Paired runs, in turns; medians as a Markdown table.
 * Usage: node bench/window.ts [MEGABYTES [PAIRS]]
 */
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { createEngine } from '../module/docker/engine.ts';
import { collectLosses } from '../module/logs/loss.ts';
import { openLog } from '../module/logs/source.ts';
import { interrupted } from '../sim/cli/interrupt.ts';
import { removeContents } from '../sim/engine/labelled.ts';
import { simLabel, startEngine } from '../sim/engine.ts';
import { buildWorkloadImage } from '../sim/images.ts';
import { writeJsonLog } from './support/json-log.ts';
import { median, table } from './support/report.ts';

const [megabytes = 600, pairs = 5] = process.argv.slice(2).map(Number);
const step = 200;
const bytesPerLine = 188;
const signal = interrupted();
const say = (text: string) => console.error(`bench: ${text}`);

interface Run {
  readonly seconds: number;
  readonly lines: number;
  readonly bytes: number;
}

interface Row {
  readonly what: string;
  readonly path: string;
  readonly theirs: readonly Run[];
  readonly ours: readonly Run[];
}

const engine = await startEngine({ log: say });
try {
  const name = `window-${engine.runId}`;
  const docker = createEngine(engine.dockerHost);
  const file = await makeContainer(name);
  const end = Math.floor(Date.now() / 1000);
  const bytes = await writeJsonLog(file, { lines: Math.round((megabytes * 1e6) / bytesPerLine), end, step });
  say(`a log file of ${(bytes / 1e6).toFixed(0)} MB`);
  const { dockerRootDir } = await docker.info(signal);
  const folder = `${dockerRootDir}/containers`;
  const window = end - 300;

  const rows: Row[] = [];
  const compare = async (what: string, engineLogs: string, since: number | undefined) => {
    const theirs: Run[] = [];
    const ours: Run[] = [];
    let path = '';
    for (let pair = 0; pair < pairs; pair += 1) {
      theirs.push(await dockerLogs(name, since));
      const own = await openedLog(engineLogs, name, since);
      ours.push(own);
      path = own.path;
    }
    rows.push({ what, path, theirs, ours });
    say(`${what}: done`);
  };
  await compare('last 5 minutes', '', window);
  await compare('last 5 minutes', folder, window);
  await compare('whole log', folder, undefined);
  console.log(render(rows, bytes));
} finally {
  await removeContents(engine.docker, `${simLabel}=${engine.runId}`);
  await engine.stop();
}
process.exit(signal.aborted ? 130 : 0);

/** A container that has ended; returns its log file. */
async function makeContainer(name: string): Promise<string> {
  const container = await engine.docker.createContainer({
    name,
    Image: await buildWorkloadImage(engine.docker),
    Cmd: ['true'],
    Labels: { [simLabel]: engine.runId },
    HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'json-file', Config: {} } },
  });
  await container.start();
  await container.wait();
  return (await container.inspect()).LogPath;
}

async function openedLog(engineLogs: string, name: string, since: number | undefined): Promise<Run & { path: string }> {
  // A client of its own each time, as in the first call after the module's start.
  const docker = createEngine(engine.dockerHost);
  const started = performance.now();
  const query = since === undefined ? {} : { since };
  const log = await openLog({ docker, engineLogs }, name, query, collectLosses([]), signal);
  return { ...(await counted(log.payload(), started)), path: log.path };
}

async function dockerLogs(name: string, since: number | undefined): Promise<Run> {
  const args = ['logs', ...(since === undefined ? [] : ['--since', String(since)]), name];
  const started = performance.now();
  const child = spawn('/bin/sh', ['-c', 'exec docker "$@" 2>&1', 'sh', ...args], {
    env: { PATH: process.env.PATH, DOCKER_HOST: engine.dockerHost },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  return counted(child.stdout, started);
}

async function counted(source: AsyncIterable<Buffer>, started: number): Promise<Run> {
  let lines = 0;
  let bytes = 0;
  for await (const part of source) {
    bytes += part.length;
    for (let at = part.indexOf(0x0a); at >= 0; at = part.indexOf(0x0a, at + 1)) lines += 1;
  }
  return { seconds: (performance.now() - started) / 1000, lines, bytes };
}

function render(rows: readonly Row[], bytes: number): string {
  const head = ['what', 'path', 'lines', 'MB', '`docker logs`, s', 'ours, s', 'times faster', 'same size'];
  const body = rows.map(({ what, path, theirs, ours }) => {
    const time = (runs: readonly Run[]) => median(runs.map(({ seconds }) => seconds));
    const ratios = theirs.map(({ seconds }, index) => seconds / (ours[index] as Run).seconds);
    const [first] = ours as [Run];
    const same = [...theirs, ...ours].every((run) => run.bytes === first.bytes && run.lines === first.lines);
    return [
      what,
      path,
      String(first.lines),
      (first.bytes / 1e6).toFixed(1),
      time(theirs).toFixed(2),
      time(ours).toFixed(3),
      median(ratios).toFixed(1),
      same ? 'yes' : 'NO',
    ];
  });
  const where = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
  return `${table(head, body)}\n\nA json-file log of ${(bytes / 1e6).toFixed(0)} MB, ${pairs} pairs of runs, medians. ${where}.`;
}
