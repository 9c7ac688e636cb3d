import { SupportError } from '../base/errors.ts';
import { within } from '../base/time.ts';
import { integer, optional, record, text } from '../config/values.ts';
import { defineMethod } from './method.ts';
import { afterTheAnswer, guardRestart, outcomeOf, type Restarted, restartVerified } from './restart.ts';

/** As the page has it: edgeAgent first. */
const runtime = ['edgeAgent', 'edgeHub'];
/** For both together, unless the request says; seconds. */
const usualSecs = 600;

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
      await afterTheAnswer(services, runtime, task);
      const started = performance.now();
      for (const [at, id] of runtime.entries()) {
        const restart = (limit: AbortSignal) => restartVerified(services, id, true, task, limit);
        const leftMs = Math.ceil(timeoutSecs * 1000 - (performance.now() - started));
        const restarted = await within(leftMs, `Restarting ${id}`, restart, task.signal).catch((error: unknown) => {
          // What was not restarted may be at once.
          for (const other of runtime.slice(at + 1)) services.cooldown.forget(other);
          throw error;
        });
        task.result(restarted);
        await task.note({ restarted });
      }
    });
  },
  task: {
    operation: 'restart runtime',
    async recover({ notes, services, task }) {
      const { restarted } = notes as { readonly restarted?: Restarted };
      const found = await outcomeOf(services, notes, usualSecs * 1000, task);
      if (restarted && restarted.id !== found.id) task.result(restarted);
      task.result(found);
      if (found.id !== runtime.at(-1)) {
        throw new SupportError(
          'unavailable',
          `this module ended meanwhile: ${found.id} was restarted, ${runtime.at(-1)} was not.`,
        );
      }
    },
  },
});
