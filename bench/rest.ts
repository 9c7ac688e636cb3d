/**
 * The module at rest, beside bare node in a container of the same limits, in turns: milliseconds from the start of the
 * container until it answers (the module: Ping through the hub, with the real service SDK; node: its first line), memory
 * after it was left alone, and what its image has beyond the base image. Prints a Markdown table. Usage: node bench/rest.ts
 * [ROUNDS] [SECONDS OF REST], after npm run build
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { interrupted } from '../sim/cli/interrupt.ts';
import { type LocalEdge, startLocalEdge } from '../sim/edge.ts';
import { simLabel } from '../sim/engine.ts';
import { waitFor } from '../sim/wait.ts';
import { median, table } from './support/report.ts';

const [rounds = 3, restSecs = 30] = process.argv.slice(2).map(Number);
const signal = interrupted();
const say = (text: string) => console.error(`bench: ${text}`);

interface Reading {
  readonly startMs: number;
  readonly rssMb: number;
  readonly anonymousMb: number;
}

const edge = await startLocalEdge({ log: say, signal });
try {
  // The first start makes the image, and its files are read from the disk.
  await module(edge);
  await bare(edge);
  const own: Reading[] = [];
  const node: Reading[] = [];
  for (let round = 0; round < rounds; round += 1) {
    own.push(await module(edge));
    node.push(await bare(edge));
    say(JSON.stringify({ own: own.at(-1), node: node.at(-1) }));
  }
  const { base, beyond } = await sizes(edge.engine.docker);
  const row = (name: string, of: readonly Reading[], megabytes: number) => [
    name,
    `${median(of.map(({ startMs }) => startMs)).toFixed(0)} ms`,
    `${median(of.map(({ rssMb }) => rssMb)).toFixed(1)} MB`,
    `${median(of.map(({ anonymousMb }) => anonymousMb)).toFixed(1)} MB`,
    `${megabytes.toFixed(1)} MB`,
  ];
  console.log(
    table(
      ['', 'start until it answers', 'RSS at rest', 'of it anonymous', 'image'],
      [row('the module', own, base + beyond), row('bare `node`', node, base)],
    ),
  );
} finally {
  await edge.stop();
}
process.exit(signal.aborted ? 130 : 0);

async function module({ startModule, engine, invoke, hub, moduleId }: LocalEdge): Promise<Reading> {
  const own = await startModule({ as: 'container', readyMs: 0 });
  try {
    const container = engine.docker.getContainer(own.containerId ?? '');
    const answers = async () =>
      hub.connected(moduleId) && (await invoke('Ping', {}, { timeoutSecs: 5 })).status === 200;
    const startMs = await sinceStart(container, answers);
    return { startMs, ...(await atRest(container)) };
  } finally {
    await own.stop();
  }
}

/** What every Node program takes: it says a line and waits. */
async function bare({ engine }: LocalEdge): Promise<Reading> {
  const container = await engine.docker.createContainer({
    Image: 'edge-support:sim',
    Cmd: ['node', '--max-semi-space-size=1', '-e', 'console.log("ready"); setInterval(() => undefined, 1e6)'],
    Labels: { [simLabel]: engine.runId },
    HostConfig: { Memory: 128 << 20, NetworkMode: engine.edge.network },
  });
  try {
    await container.start();
    const startMs = await sinceStart(container, async () => (await container.logs({ stdout: true })).includes('ready'));
    return { startMs, ...(await atRest(container)) };
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** Milliseconds from what the engine calls the start, when the process is there, until it answers. */
async function sinceStart(container: Docker.Container, answers: () => Promise<boolean>): Promise<number> {
  const started = Date.parse((await container.inspect()).State.StartedAt);
  const probe = async () => ((await answers()) ? Date.now() : undefined);
  return (await waitFor('an answer', probe, { limitMs: 60_000, everyMs: 5, signal })) - started;
}

/** What the kernel counts for the container's first process; proc(5), smaps_rollup. */
async function atRest(container: Docker.Container): Promise<Omit<Reading, 'startMs'>> {
  await delay(restSecs * 1000, undefined, { signal });
  const { Pid } = (await container.inspect()).State;
  const text = await readFile(`/proc/${Pid}/smaps_rollup`, 'utf8');
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
  return { rssMb: megabytes('Rss'), anonymousMb: megabytes('Anonymous') };
}

/** Megabytes of the base image and of what ours has more. */
async function sizes(docker: Docker): Promise<{ base: number; beyond: number }> {
  const layers = (await docker.getImage('edge-support:sim').history()) as readonly {
    Size: number;
    CreatedBy: string;
  }[];
  const copied = layers.filter(({ CreatedBy }) => /COPY/.test(CreatedBy)).reduce((sum, { Size }) => sum + Size, 0);
  const whole = layers.reduce((sum, { Size }) => sum + Size, 0);
  return { base: (whole - copied) / 1e6, beyond: copied / 1e6 };
}
