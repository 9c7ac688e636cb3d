import { messageOf, SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { judgeStorage } from '../checks/storage.ts';
import type { Docker } from '../docker/docker.ts';
import { readFacts } from '../facts/index.ts';
import type { Services } from './method.ts';
import { type ContainerState, stateOf, waitUntilWell } from './restart.ts';

/** A container that is to go: it goes only if it is still this one. */
export interface Doomed {
  readonly id: string;
  readonly containerId: string;
  readonly startedAt: string;
  /** Of one that does not run (its deployment stops it, or it is done) nothing more is expected afterwards. */
  readonly ran: boolean;
}

/** The container that a module has now. SupportError not-found when it has none. */
export async function doomedOf(docker: Docker, id: string, signal: AbortSignal): Promise<Doomed> {
  const { Id: containerId, State: state } = await docker.inspect(id, signal);
  return { id, containerId, startedAt: state.StartedAt, ran: state.Running };
}

/** Whether the module still has this container. */
export async function isThere(docker: Docker, { id, containerId }: Doomed, signal: AbortSignal): Promise<boolean> {
  try {
    return (await docker.inspect(id, signal)).Id === containerId;
  } catch (error) {
    if ((error as Partial<SupportError>).code === 'not-found') return false;
    throw error;
  }
}

/** A container may take its time to end: edgeHub writes down what it holds. After that it is removed all the same; milliseconds. */
const stopMs = 90_000;
/** An engine that hangs must not hold up the others; milliseconds. */
const removeMs = 60_000;
/** How often it is looked whether it is there again; milliseconds. */
const everyMs = 1000;

/**
 * Stops a module's container and removes it, its volumes not, so that IoT Edge makes it anew. What is about to happen is
 * written down first. SupportError conflict when it is another container by now, forbidden when a proxy in front of the engine
 * does not let it be done.
 */
export async function removeContainer(
  { docker, log }: Pick<Services, 'docker' | 'log'>,
  doomed: Doomed,
  signal: AbortSignal,
): Promise<void> {
  const { id, containerId } = doomed;
  if (!(await isThere(docker, doomed, signal))) {
    throw new SupportError('conflict', `${id} has another container by now than the one that was to be removed.`);
  }
  log.warning(`Removing the container of module ${id}, so that IoT Edge makes it anew.`);
  // By its id: edgeAgent may make a new one of the same name at any time.
  await within(stopMs, `Stopping ${id}`, (limit) => docker.stop(containerId, limit), signal).catch((error: unknown) => {
    signal.throwIfAborted();
    // Who does not let it be stopped does not want it to be killed.
    if ((error as Partial<SupportError>).code === 'forbidden') throw error;
    log.warning(`${id} was not stopped gracefully: ${messageOf(error)}`);
  });
  const remove = (limit: AbortSignal) => docker.remove('container', containerId, limit, true);
  await within(removeMs, `Removing ${id}`, remove, signal).catch((error: unknown) => {
    if ((error as Partial<SupportError>).code !== 'not-found') throw error;
  });
}

/**
 * Waits until the module has another container than this one, which runs, if this one did, and is healthy if it has a health check.
 * SupportError unavailable when that one ended or is unhealthy.
 */
export async function waitUntilRecreated(
  docker: Docker,
  { id, containerId, startedAt, ran }: Doomed,
  signal: AbortSignal,
): Promise<ContainerState> {
  for (;;) {
    try {
      const now = await docker.inspect(id, signal);
      if (now.Id !== containerId) return ran ? await waitUntilWell(docker, id, startedAt, signal) : stateOf(now);
    } catch (error) {
      // Between the two there is none.
      if ((error as Partial<SupportError>).code !== 'not-found') throw error;
    }
    await sleep(everyMs, signal);
  }
}

/** SupportError conflict while nobody is there who would make anew what is removed. */
export async function guardAgent({ docker }: Pick<Services, 'docker'>, signal: AbortSignal): Promise<void> {
  const agent = (await docker.modules(signal)).find(({ name }) => name === 'edgeAgent');
  if (agent?.state === 'running') return;
  const how = agent ? `is not running (${agent.state})` : 'has no container';
  throw new SupportError(
    'conflict',
    `edgeAgent ${how}: nobody would make anew what is removed. GetSystemStatus and RunCheck tell why.`,
  );
}

/**
 * SupportError conflict when edgeHub's undelivered messages would go with its container and that was not accepted: the
 * page warns of it.
 */
export async function guardMessages(services: Services, accepted: boolean, signal: AbortSignal): Promise<void> {
  if (accepted) return;
  const limitMs = services.settings().methodTimeoutSecs * 500;
  const { edgeContainers } = await readFacts(['edgeContainers'], services.world(), { limitMs, signal });
  const verdict = judgeStorage('edgeHub', edgeContainers);
  if (verdict.status === 'ok') return;
  const why =
    verdict.status === 'warning' ? (verdict.details?.[0]?.split('\n')[0] ?? '') : 'Where it keeps them is not known.';
  throw new SupportError(
    'conflict',
    `Messages that edgeHub has not delivered yet would be lost with its container. ${why} acceptMessageLoss:true removes it all the same.`,
  );
}
