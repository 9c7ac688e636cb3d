import { messageOf, SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { forbidModuleChange } from '../config/policy.ts';
import { demuxFrames, demuxTty, type Take } from '../docker/demux.ts';
import type { ContainerInspect, Docker } from '../docker/docker.ts';
import { patientDocker } from '../docker/patient.ts';
import type { TaskContext } from '../tasks/task.ts';
import type { Services } from './method.ts';

/** How a container is, before and after. */
export interface ContainerState {
  /** The engine's word: running, exited … */
  readonly state: string;
  readonly startedAt: string;
  /** The engine's count. */
  readonly restartCount: number;
  /** healthy, unhealthy, starting, or none without a health check. */
  readonly health: string;
}

export interface Restarted {
  readonly id: string;
  readonly before: ContainerState;
  /** Once it ran again, and was healthy if it has a health check; without `verify` right after the restart. */
  readonly after: ContainerState;
}

/** How often the state is looked at; milliseconds. */
const everyMs = 500;
/** Time for the answer to leave; milliseconds. */
const leaveMs = 1500;
/** After a restart of this module, so long is waited for what the engine may still be doing; milliseconds. */
const recoverMs = 60_000;
/** Lines of a module's log that go into a refusal. */
const lastLines = 5;
const mostBytes = 2000;

/** SupportError: not-found for what is no module of IoT Edge, forbidden by the owner, busy when it was restarted just now. */
export async function guardRestart(
  { docker, policy, cooldown }: Pick<Services, 'docker' | 'policy' | 'cooldown'>,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const id of ids) forbidModuleChange(policy(), id);
  // Checked against the names there are before the engine sees it.
  const modules = await docker.modules(signal);
  const unknown = ids.find((id) => !modules.some(({ name }) => name === id));
  if (unknown !== undefined)
    throw new SupportError('not-found', `Module ${unknown} not found in the current environment`);
  // Nothing waits between these two: of two calls at once the second finds it taken, long before anything is restarted.
  for (const id of ids) cooldown.check(id);
  for (const id of ids) cooldown.restarted(id);
}

/**
 * Waits until the answer has left whose way is about to be cut. Who cancels meanwhile stops all of it: none of these was
 * restarted, and each may be at once.
 */
export async function afterTheAnswer(
  { cooldown }: Pick<Services, 'cooldown'>,
  ids: readonly string[],
  task: Pick<TaskContext, 'progress' | 'signal'>,
): Promise<void> {
  task.progress({ step: `waiting for the answer to leave before ${ids[0]} is restarted` });
  await sleep(leaveMs, task.signal).catch((error: unknown) => {
    for (const id of ids) cooldown.forget(id);
    throw error;
  });
}

/**
 * Restarts a container once and waits until it runs again. What is about to happen is written down first, so that a start
 * of this module after a crash can find out what came of it. SupportError unavailable when the engine fails, or the module
 * does not come back: with its last lines; forbidden when a proxy in front of the engine does not let it be done.
 */
export async function restartVerified(
  { docker, log, cooldown }: Pick<Services, 'docker' | 'log' | 'cooldown'>,
  id: string,
  verify: boolean,
  task: Pick<TaskContext, 'note' | 'progress'> | undefined,
  signal: AbortSignal,
): Promise<Restarted> {
  const before = await docker.inspect(id, signal).then(stateOf, (error: unknown) => {
    cooldown.forget(id);
    throw error;
  });
  log.info(`Restarting module ${id}, started at ${before.startedAt}.`);
  // Who cancels is told at which step: behind this one it may have been restarted, behind the next it was.
  task?.progress({ step: `restarting ${id}` });
  await task?.note({ id, startedAt: before.startedAt });
  cooldown.restarted(id);
  await docker.restart(id, signal).catch((error: unknown) => {
    const forbidden = (error as Partial<SupportError>).code === 'forbidden';
    if (forbidden) cooldown.forget(id);
    const text = `Error calling Restart module ${id}: ${messageOf(error)}`;
    throw new SupportError(forbidden ? 'forbidden' : 'unavailable', text, { cause: error });
  });
  if (!verify) return { id, before, after: stateOf(await docker.inspect(id, signal)) };
  task?.progress({ step: `waiting until ${id}, which was restarted, is well` });
  return { id, before, after: await waitUntilWell(patientDocker(docker), id, before.startedAt, signal) };
}

/** What is noted before a restart. */
export interface RestartNotes {
  readonly id?: string;
  readonly startedAt?: string;
}

/**
 * What came of a restart during which this module ended; nothing is restarted. SupportError unavailable when it was not
 * restarted, or is not well within `limitMs` milliseconds.
 */
export async function outcomeOf(
  { docker, env }: Pick<Services, 'docker' | 'env'>,
  { id, startedAt }: RestartNotes,
  limitMs: number,
  { signal }: Pick<TaskContext, 'signal'>,
  startMs = recoverMs,
): Promise<Pick<Restarted, 'id' | 'after'>> {
  if (id === undefined || startedAt === undefined) {
    throw new SupportError('unavailable', 'this module ended before it restarted anything; call it again.');
  }
  const engine = patientDocker(docker);
  const looked = await within(startMs, id, (limit) => waitUntilStarted(engine, id, startedAt, limit), signal).catch(
    async (error: unknown) => {
      if ((error as Partial<SupportError>).code !== 'timeout') throw error;
      const { state } = stateOf(await engine.inspect(id, signal));
      const text = `this module ended meanwhile, and ${id} (${state}) has not been started since ${startedAt}: it was not restarted.`;
      throw new SupportError('unavailable', text);
    },
  );
  // It is this module that says so; its health check, a minute apart, would only tell later.
  if (id === env.moduleId) return { id, after: looked };
  const wait = (limit: AbortSignal) => waitUntilWell(engine, id, startedAt, limit);
  return { id, after: await within(limitMs, `Waiting until ${id}, which was restarted, is well`, wait, signal) };
}

async function waitUntilStarted(
  docker: Docker,
  id: string,
  startedAt: string,
  signal: AbortSignal,
): Promise<ContainerState> {
  for (;;) {
    const state = stateOf(await docker.inspect(id, signal));
    if (state.startedAt !== startedAt) return state;
    await sleep(everyMs, signal);
  }
}

/**
 * Waits until a container runs with another start time than this one, seen twice in a row, so that an immediate end is
 * noticed, and is healthy if it has a health check. SupportError unavailable when it ended again or turned unhealthy.
 */
export async function waitUntilWell(
  docker: Docker,
  id: string,
  startedAt: string,
  signal: AbortSignal,
): Promise<ContainerState> {
  let seen: string | undefined;
  for (;;) {
    const inspect = await docker.inspect(id, signal);
    const state = stateOf(inspect);
    const { Running: runs, Restarting: restarting, ExitCode: exitCode } = inspect.State;
    const again = state.startedAt !== startedAt;
    if (again && (state.state === 'exited' || state.state === 'dead' || restarting)) {
      throw await gone(docker, id, `was restarted but ended again with exit code ${exitCode}`, signal);
    }
    if (again && state.health === 'unhealthy') throw await gone(docker, id, 'was restarted but is unhealthy', signal);
    const well = again && runs && !restarting && state.health !== 'starting';
    if (well && seen === state.startedAt) return state;
    seen = well ? state.startedAt : undefined;
    await sleep(everyMs, signal);
  }
}

export function stateOf({ State: state, RestartCount: restartCount = 0 }: ContainerInspect): ContainerState {
  return { state: state.Status, startedAt: state.StartedAt, restartCount, health: state.Health?.Status ?? 'none' };
}

async function gone(docker: Docker, id: string, what: string, signal: AbortSignal): Promise<SupportError> {
  const lines = await endOfLog(docker, id, signal).catch(() => '');
  const said = lines === '' ? '' : ` The end of its log: ${lines}`;
  return new SupportError('unavailable', `Module ${id} ${what}.${said}`);
}

async function endOfLog(docker: Docker, id: string, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  const take: Take = (_, chunk, start, end) => void parts.push(Buffer.from(chunk.subarray(start, end)));
  const { tty, body } = await docker.logs(id, { tail: lastLines }, signal);
  const demux = tty ? demuxTty(take) : demuxFrames(take);
  for await (const chunk of body) demux.push(chunk);
  return Buffer.concat(parts)
    .toString()
    .trim()
    .slice(-mostBytes)
    .replace(/\s*\n\s*/g, ' | ');
}
