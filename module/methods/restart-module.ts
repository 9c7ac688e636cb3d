import { SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { flag, integer, optional, record, requiredText, withDefault } from '../config/values.ts';
import type { TaskContext } from '../tasks/task.ts';
import { defineMethod, type Services } from './method.ts';
import { guardRestart, restartVerified, waitUntilWell } from './restart.ts';
import { schemaVersion } from './schema-version.ts';

/** After a restart of this module, so long is waited for what the engine may still be doing. */
const recoverMs = 60_000;

/** Their restart cuts the way that the answer takes: it leaves first. */
const onTheWay = ['edgeHub', 'edgeAgent'];
/** Time for the answer to leave; milliseconds. */
const leaveMs = 1500;

/** How long a restart in the background may take to come back, unless the request says; seconds. */
const usualSecs = 300;

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
    async recover({ notes, services: { docker }, task }) {
      const { id, startedAt } = notes as { readonly id?: string; readonly startedAt?: string };
      if (id === undefined || startedAt === undefined) {
        throw new SupportError('unavailable', 'this module ended before it restarted anything; call it again.');
      }
      try {
        const after = await within(
          recoverMs,
          id,
          (signal) => waitUntilWell(docker, id, startedAt, signal),
          task.signal,
        );
        task.result({ id, after });
      } catch (error) {
        if ((error as Partial<SupportError>).code !== 'timeout') throw error;
        const text = `this module ended meanwhile, and ${id} has not been started since ${startedAt}: it was not restarted.`;
        throw new SupportError('unavailable', text);
      }
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
  task.progress({ step: `waiting for the answer to leave before ${id} is restarted` });
  await sleep(leaveMs, task.signal);
  task.progress({ step: `restarting ${id}` });
  const restart = (limit: AbortSignal) => restartVerified(services, id, verify, task, limit);
  task.result(await within(limitMs, `Restarting ${id}`, restart, task.signal));
}

/**
 * This process ends, and IoT Edge starts it anew by its restart policy: a container that restarts itself over the engine's
 * socket is only stopped by some engines (moby pull request 46688 mended it). The next start finds out what came of it.
 */
async function endOwnProcess({ docker, env, end, log }: Services, task: TaskContext): Promise<void> {
  const { StartedAt: startedAt } = (await docker.inspect(env.moduleId, task.signal)).State;
  await task.note({ id: env.moduleId, startedAt });
  await sleep(leaveMs, task.signal);
  log.info('Ending, as RestartModule asked, so that IoT Edge starts this module anew.');
  end();
  // The end of the process ends this.
  await sleep(recoverMs, task.signal);
  throw new SupportError('unavailable', 'this module did not end.');
}
