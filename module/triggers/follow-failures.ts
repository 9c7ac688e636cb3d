import { messageOf } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { eventFeed, type FeedLimits } from '../docker/event-feed.ts';
import type { Services } from '../methods/method.ts';
import type { FailureShelf } from '../storage/failures.ts';
import { createLane } from '../tasks/lanes.ts';
import type { Allowance } from './allowance.ts';
import { captureFailure, ownersScope } from './capture.ts';
import { createJudge, type Failure } from './failure.ts';
import type { Records } from './records.ts';

export interface FollowParts {
  readonly services: Pick<Services, 'docker' | 'env' | 'redactor' | 'settings' | 'policy' | 'log' | 'now'>;
  readonly shelf: FailureShelf;
  readonly allowance: Allowance;
  readonly records: Records;
  readonly onKept: () => void;
  readonly feed?: FeedLimits | undefined;
}

/** So many captures are made at a time, each in at most so many milliseconds. */
const atATime = 4;
const captureMs = 60_000;

/** An out-of-memory kill mostly ends the container: its end is waited for, so that it is in the capture; milliseconds. */
const endMs = 1500;

/** So far before the watch events are looked at for what was ordered by then; milliseconds. */
const lookBackMs = 60_000;

/** Follows the engine and keeps what there is of each module that fails from a time on, until the signal. */
export async function followFailures(parts: FollowParts, since: number, signal: AbortSignal): Promise<void> {
  const { services, records, feed } = parts;
  const judge = createJudge();
  const keep = createKeeper(parts, signal);
  const dying = new Map<string, Failure>();
  const begun = performance.now();
  // By the clock of now: one that was ahead and was set back must not make what happens since look like the past.
  const from = () => Math.min(since, services.now().getTime() - (performance.now() - begun));

  const onFailure = async (failure: Failure) => {
    const { containerId, kind } = failure;
    if (kind === 'out-of-memory') {
      dying.set(containerId, failure);
      await sleep(endMs, signal);
      if (dying.get(containerId) !== failure) return;
    }
    dying.delete(containerId);
    await keep(failure);
  };

  const onLost = (error: unknown) => {
    services.log.warning(`CollectOnFailure sees no failures until the engine is back: ${messageOf(error)}`);
  };
  for await (const events of eventFeed(services.docker, since - lookBackMs, signal, onLost, feed)) {
    for (const event of events) {
      const failure = judge(event);
      if (event.at < from()) continue;
      if (event.action === 'die') records.ended(event.name);
      // Goes on beside the following; it says what goes wrong itself.
      if (failure) onFailure(failure).catch(() => undefined);
    }
  }
}

/** Keeps what there is of a failure, if one more is allowed. Rejects only when aborted. */
function createKeeper(
  { services, shelf, allowance, records, onKept }: FollowParts,
  signal: AbortSignal,
): (failure: Failure) => Promise<void> {
  const { docker, env, redactor, settings, policy, log } = services;
  const lane = createLane(atATime);
  let failing = false;

  const capture = async (failure: Failure, outer: AbortSignal) => {
    const { module, at } = failure;
    const own = new AbortController();
    try {
      const files = await captureFailure(
        {
          docker,
          engineLogs: settings().engineLogs,
          env,
          redactor,
          scope: ownersScope(settings(), policy()),
          skippedBefore: records.skippedNow(module),
        },
        failure,
        AbortSignal.any([own.signal, outer]),
      );
      return files && (await shelf.keep(module, new Date(at), files));
    } finally {
      // What was opened and not read to its end is closed.
      own.abort();
    }
  };

  const captureInTurn = async (failure: Failure) => {
    await lane.enter(signal);
    try {
      const what = `Capturing the failure of ${failure.module}`;
      return await within(captureMs, what, (limit) => capture(failure, limit), signal);
    } finally {
      lane.leave();
    }
  };

  return async (failure) => {
    const { module } = failure;
    if (!allowance.take(module)) {
      records.failed(failure, 'skipped');
      const again = `${module} ${wordsOf(failure)} again and was captured as often as an hour allows; the next failures are counted`;
      if (records.skippedNow(module) === 1) log.warning(`${again}.`);
      return;
    }
    try {
      const kept = await captureInTurn(failure);
      if (!kept) return log.debug(`${module} ended by its own stop signal, which somebody sent.`);
      records.failed(failure, 'captured');
      failing = false;
      log.warning(`${module} ${wordsOf(failure)}; what there is of it was kept as failures/${kept.name}.`);
      onKept();
    } catch (error) {
      signal.throwIfAborted();
      records.failed(failure);
      // A data folder that cannot be written is said once.
      const say = failing ? log.debug : log.warning;
      failing = true;
      say(`${module} ${wordsOf(failure)}, but nothing could be kept: ${messageOf(error)}`);
    }
  };
}

function wordsOf({ kind, exitCode, outOfMemory }: Failure): string {
  if (kind === 'unhealthy') return 'turned unhealthy';
  if (kind === 'out-of-memory') return 'ran out of memory';
  return `died with exit code ${exitCode}${outOfMemory ? ' for want of memory' : ''}`;
}
