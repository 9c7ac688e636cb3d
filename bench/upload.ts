/**
 * UploadModuleLogs of a large log through the whole of it: the module in its container limited to 128 MB, a local hub,
 * Blob Storage; and meanwhile Ping after Ping, to see how fast methods are answered. Beside it, in the same run, Ping on
 * the idle module. Once through the Docker socket, once from the engine's own files. Prints a Markdown table. Usage: node bench/upload.ts [LINES], after npm run build
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { interrupted } from '../sim/cli/interrupt.ts';
import { type LocalEdge, startLocalEdge } from '../sim/edge.ts';
import { makeLoggedContainer } from './support/logged-container.ts';
import { median, table } from './support/report.ts';

const [lines = 7_500_000] = process.argv.slice(2).map(Number);
const signal = interrupted();
const say = (text: string) => console.error(`bench: ${text}`);

const dir = await mkdtemp(join(tmpdir(), 'edge-support-bench-'));
let edge: LocalEdge | undefined;
try {
  edge = await startLocalEdge({ log: say, signal });
  const options = { name: 'talker', kind: 'repetitive', lines, dir, owned: true, signal } as const;
  const bytes = await makeLoggedContainer(edge.engine, options);
  say(`a log of ${lines} lines, ${(bytes / 1e6).toFixed(0)} MB`);
  for (const engineLogs of [false, true]) {
    const module = await edge.startModule({ as: 'container', engineLogs });
    const idle: number[] = [];
    for (let count = 0; count < 100; count += 1) idle.push(await ping(edge));
    console.log(`${render(idle, await upload(edge), bytes)}\n`);
    const trouble = await module.ended();
    if (trouble !== undefined) throw new Error(`The module ended meanwhile: ${trouble}`);
    await module.stop();
  }
} finally {
  await edge?.stop();
  await rm(dir, { recursive: true, force: true });
}
process.exit(signal.aborted ? 130 : 0);

/** Milliseconds until Ping is answered. */
async function ping({ invoke }: LocalEdge): Promise<number> {
  const started = performance.now();
  await invoke('Ping', {});
  return performance.now() - started;
}

interface Busy {
  readonly pings: readonly number[];
  readonly seconds: number;
  readonly results: readonly { readonly bytes: number; readonly lines: number; readonly readFrom: string }[];
}

async function upload(own: LocalEdge): Promise<Busy> {
  const started = performance.now();
  const { payload } = await own.invoke('UploadModuleLogs', {
    schemaVersion: '1.0',
    sasUrl: own.blob.containerSasUrl(),
    items: { id: 'talker' },
    encoding: 'gzip',
    contentType: 'text',
  });
  const { correlationId } = payload as { correlationId: string };
  const pings: number[] = [];
  for (;;) {
    signal.throwIfAborted();
    pings.push(await ping(own));
    await delay(50);
    const answer = await own.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    const task = answer.payload as { status: string; message: string; results: Busy['results'] };
    if (task.status === 'Running') continue;
    if (task.status !== 'Completed') throw new Error(`The upload ended ${task.status}: ${task.message}`);
    return { pings, seconds: (performance.now() - started) / 1000, results: task.results };
  }
}

function render(idle: readonly number[], { pings, seconds, results }: Busy, bytes: number): string {
  const row = (name: string, values: readonly number[]) => {
    const sorted = values.toSorted((a, b) => a - b);
    const at = (share: number) =>
      `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)} ms`;
    return [name, String(values.length), `${median(values).toFixed(0)} ms`, at(0.99), at(1)];
  };
  const about =
    `${(bytes / 1e6).toFixed(0)} MB, ${results[0]?.lines} lines, uploaded as ${((results[0]?.bytes ?? 0) / 1e6).toFixed(0)} MB ` +
    `in ${seconds.toFixed(1)} s from a container limited to 128 MB, read from: ${results[0]?.readFrom}.`;
  const head = ['Ping', 'calls', 'median', '99 %', 'slowest'];
  return `${about}\n\n${table(head, [row('idle', idle), row('while uploading', pings)])}`;
}
