import { SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { integer, optional, record, text } from '../config/values.ts';
import { defineMethod } from './method.ts';
import { guardRestart, restartVerified, waitUntilWell } from './restart.ts';

/** As the page has it: edgeAgent first. */
const runtime = ['edgeAgent', 'edgeHub'];
/** Time for the answer to leave; milliseconds. */
const leaveMs = 1500;
/** For both together, unless the request says; seconds. */
const usualSecs = 600;
/** After a restart of this module, so long is waited for what the engine may still be doing. */
const recoverMs = 60_000;

export const restartRuntime = defineMethod({
  name: 'RestartRuntime',
  about: 'Restarts edgeAgent, then edgeHub, each verified, in the background: the answer leaves first.',
  payloadOptional: true,
  request: record({ schemaVersion: optional(text()), timeoutSecs: optional(integer(1, 3600)) }),
  example: {},
  async handle({ request, services, signal, repeat }) {
    await guardRestart(services, runtime, signal);
    const timeoutSecs = request.timeoutSecs ?? usualSecs;
    return services.tasks.start({ method: 'RestartRuntime', request, timeoutSecs, ...repeat }, async (task) => {
      await sleep(leaveMs, task.signal);
      const started = performance.now();
      for (const id of runtime) {
        task.progress({ step: `restarting ${id}` });
        const restart = (limit: AbortSignal) => restartVerified(services, id, true, task, limit);
        const leftMs = Math.ceil(timeoutSecs * 1000 - (performance.now() - started));
        task.result(await within(leftMs, `Restarting ${id}`, restart, task.signal));
      }
    });
  },
  task: {
    operation: 'restart runtime',
    async recover({ notes, services: { docker }, task }) {
      const { id, startedAt } = notes as { readonly id?: string; readonly startedAt?: string };
      if (id === undefined || startedAt === undefined) {
        throw new SupportError('unavailable', 'this module ended before it restarted anything; call it again.');
      }
      const after = await within(recoverMs, id, (signal) => waitUntilWell(docker, id, startedAt, signal), task.signal);
      task.result({ id, after });
      if (id !== runtime.at(-1)) {
        throw new SupportError(
          'unavailable',
          `this module ended meanwhile: ${id} was restarted, ${runtime.at(-1)} was not.`,
        );
      }
    },
  },
});
