import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

import { type LocalEdge, startLocalEdge } from '../edge.ts';
import { hostSecrets } from '../host.ts';
import { waitFor } from '../wait.ts';
import { plantedSecrets } from '../workloads.ts';
import { interrupted } from './interrupt.ts';
import { type CheckReport, checkTable, columns } from './print.ts';
import { unzip } from './zip.ts';

const projectDir = join(import.meta.dirname, '..', '..');
const start = performance.now();
let doing = 'starting the local IoT Edge';

/** A line under the current step. */
function say(text: string): void {
  console.log(text.replace(/^/gm, '            '));
}

/** A step's headline, with the seconds since the start. */
function step(name: string): void {
  doing = name;
  console.log(`[${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s]  ${name}`);
}

/** Invokes a method as a step of its own; any status but 200 ends the demo. */
async function call(
  edge: LocalEdge,
  method: string,
  payload: Record<string, unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  step(`${method} ${JSON.stringify(payload).replace(/(\?)[^"]*sig=[^"]*/, '$1<SAS>')}`);
  const invoked = edge.invoke(method, payload, { timeoutSecs: 60 });
  const { status, payload: answer } = await Promise.race([invoked, aborted(signal)]);
  if (status !== 200) throw new Error(`it answered ${status} ${JSON.stringify(answer)}`);
  return answer;
}

/** Rejects when the signal is aborted; never resolves. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

interface TaskStatus {
  readonly status: string;
  readonly message: string;
  readonly correlationId: string;
}

/** Asks GetTaskStatus until the task has ended; throws when it did not end well within 60 s. */
async function finish(edge: LocalEdge, answer: unknown, signal: AbortSignal): Promise<void> {
  const { correlationId, status } = answer as TaskStatus;
  say(`${status}, correlationId ${correlationId}`);
  const poll = async () => {
    const { payload } = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    const task = payload as TaskStatus;
    return ['NotStarted', 'Running'].includes(task.status) ? undefined : task;
  };
  const task = await waitFor('the task to end', poll, { limitMs: 60_000, everyMs: 300, signal });
  step(`GetTaskStatus: ${task.status}${task.message ? `: ${task.message}` : ''}`);
  if (task.status !== 'Completed') throw new Error('the task did not complete');
}

async function newBlobs(edge: LocalEdge, before: readonly string[]): Promise<{ name: string; size: number }[]> {
  return (await edge.blob.list()).filter(({ name }) => !before.includes(name));
}

/** What an operator far away from the device does, in the order of a typical day. */
async function operate(edge: LocalEdge, signal: AbortSignal): Promise<void> {
  await call(edge, 'Ping', {}, signal);
  say('200');

  const report = (await call(edge, 'RunCheck', {}, signal)) as CheckReport;
  say(checkTable(report));

  await call(edge, 'RestartModule', { schemaVersion: '1.0', id: 'SimulatedTemperatureSensor' }, signal);
  const { State } = await edge.engine.docker.getContainer('SimulatedTemperatureSensor').inspect();
  say(`SimulatedTemperatureSensor is ${State.Status} since ${State.StartedAt.slice(0, 19)}Z`);

  const sasUrl = edge.blob.containerSasUrl();
  const order = { schemaVersion: '1.0', sasUrl, items: [{ id: '.*' }], encoding: 'gzip', contentType: 'text' };
  await finish(edge, await call(edge, 'UploadModuleLogs', order, signal), signal);
  const logs = await newBlobs(edge, []);
  if (logs.length === 0) throw new Error('no log was uploaded');
  say(columns(logs));

  const answer = await call(edge, 'UploadSupportBundle', { schemaVersion: '1.0', sasUrl, since: '1h' }, signal);
  await finish(edge, answer, signal);
  const [bundle] = await newBlobs(
    edge,
    logs.map(({ name }) => name),
  );
  if (!bundle) throw new Error('no bundle was uploaded');
  const zip = await edge.blob.download(bundle.name);
  const folder = join(projectDir, '.edge-support', 'demo');
  await mkdir(folder, { recursive: true });
  const file = join(folder, basename(bundle.name));
  await writeFile(file, zip);
  const files = await unzip(zip);
  say(columns([...files].map(([name, { length: size }]) => ({ name, size }))));
  refuseSecrets(files);
  step(`The bundle is at ./${relative(projectDir, file)} (${zip.length} bytes)`);
}

/** The device's environments and files hold planted secrets: none may have got into the bundle. */
function refuseSecrets(files: ReadonlyMap<string, Buffer>): void {
  const secrets = [...Object.entries(plantedSecrets), ...Object.entries(hostSecrets)];
  for (const [name, content] of files) {
    const leaked = secrets.find(([, secret]) => content.includes(secret));
    if (leaked) throw new Error(`the planted ${leaked[0]} stands in ${name} of the bundle`);
  }
  say(`None of the ${secrets.length} secrets planted on the device is in it.`);
}

async function demo(signal: AbortSignal): Promise<void> {
  step('Starting a local IoT Edge device and its cloud');
  const edge = await startLocalEdge({ projectDir, log: say, signal });
  try {
    step('Starting the module as a container limited to 128 MB');
    const module = await edge.startModule({ as: 'container', memoryMb: 128, signal });
    await operate(edge, signal).catch(async (error: unknown) => {
      if (!signal.aborted) say(`The module's last lines:\n${await module.lastLines(20)}`);
      throw error;
    });
  } finally {
    const failedAt = doing;
    step('Stopping and removing everything');
    await edge.stop();
    doing = failedAt;
  }
}

const signal = interrupted();
try {
  await demo(signal);
  step('Done.');
} catch (error) {
  const what = signal.aborted ? 'was interrupted' : 'failed';
  console.error(`\nThe demo ${what} at "${doing}": ${(error as Error).message}`);
  process.exitCode = signal.aborted ? 130 : 1;
}
