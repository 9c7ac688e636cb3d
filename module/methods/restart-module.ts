import { SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { flag, integer, optional, record, requiredText, withDefault } from '../config/values.ts';
import type { TaskContext } from '../tasks/task.ts';
import { defineMethod, type Services } from './method.ts';
import { afterTheAnswer, guardRestart, outcomeOf, restartVerified } from './restart.ts';
import { schemaVersion } from './schema-version.ts';

/** Their restart cuts the way that the answer takes: it leaves first. */
const onTheWay = ['edgeHub', 'edgeAgent'];

/** How long a restart in the background may take to come back, unless the request says; seconds. */
const usualSecs = 300;
/** The end of this process takes at most 9 s; milliseconds. */
const endMs = 60_000;

export const restartModule = defineMethod({
  name: 'RestartModule',
  about: 'Restarts a module of this device and answers once it runs again, and is healthy if it has a health check.',
  schemaContext: 'restart module request schema',
  request: record({
    schemaVersion: schemaVersion(),
    id: requiredText(),
    timeoutSecs: optional(integer(1, 3600)),
    verify: withDefault(flag(), true),
  }),
  example: { schemaVersion: '1.0', id: 'SimulatedTemperatureSensor' },
  async handle({ request, services, signal, repeat, task }) {
    const { id, verify, timeoutSecs } = request;
    await guardRestart(services, [id], signal);
    const { env, tasks } = services;
    const own = id === env.moduleId;
    const limitMs = (timeoutSecs ?? usualSecs) * 1000;
    if (own || onTheWay.includes(id)) {
      const ask = { method: 'RestartModule', request, timeoutSecs: timeoutSecs ?? usualSecs, ...repeat };
      return tasks.start(ask, (later) =>
        own ? endOwnProcess(services, later) : restartLater(services, id, verify, limitMs, later),
      );
    }
    return within(limitMs, `Restarting ${id}`, (limit) => restartVerified(services, id, verify, task, limit), signal);
  },
  task: {
    operation: 'restart module',
    async recover({ notes, services, task }) {
      task.result(await outcomeOf(services, notes, usualSecs * 1000, task));
    },
  },
});

/** The restart of what carries the answer; its result stands in the task, and with the newest tasks in the twin. */
async function restartLater(
  services: Services,
  id: string,
  verify: boolean,
  limitMs: number,
  task: TaskContext,
): Promise<void> {
  await afterTheAnswer(services, [id], task);
  const restart = (limit: AbortSignal) => restartVerified(services, id, verify, task, limit);
  task.result(await within(limitMs, `Restarting ${id}`, restart, task.signal));
}

/**
 * This process ends, and IoT Edge starts it anew by its restart policy: a container that restarts itself over the engine's
 * socket is only stopped by some engines (moby pull request 46688 mended it). The next start finds out what came of it.
 */
async function endOwnProcess(services: Services, task: TaskContext): Promise<void> {
  const { docker, env, end, log } = services;
  const { StartedAt: startedAt } = (await docker.inspect(env.moduleId, task.signal)).State;
  await task.note({ id: env.moduleId, startedAt });
  await afterTheAnswer(services, [env.moduleId], task);
  task.progress({ step: 'ending, so that IoT Edge starts this module anew' });
  log.info('Ending, as RestartModule asked, so that IoT Edge starts this module anew.');
  end();
  // The end of the process ends this.
  await sleep(endMs, task.signal);
  throw new SupportError('unavailable', 'this module did not end.');
}
