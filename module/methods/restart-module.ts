import { messageOf, SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { forbidModuleChange } from '../config/policy.ts';
import { record, requiredText } from '../config/values.ts';
import type { Docker } from '../docker/docker.ts';
import { defineMethod } from './method.ts';
import { schemaVersion } from './schema-version.ts';

/** After a restart of this module, so long is waited for what the engine may still be doing. */
const recoverMs = 60_000;

export const restartModule = defineMethod({
  name: 'RestartModule',
  about: 'Restarts a module of this device and answers once it runs again.',
  schemaContext: 'restart module request schema',
  request: record({ schemaVersion: schemaVersion(), id: requiredText() }),
  async handle({ request: { id }, services: { docker, env, policy, log }, signal, task }) {
    forbidModuleChange(policy(), id);
    const module = (await docker.modules(signal)).find(({ name }) => name === id);
    if (!module) throw new SupportError('not-found', `Module ${id} not found in the current environment`);
    if (id === env.moduleId) throw selfRestart(id);
    const { StartedAt: startedAt } = (await docker.inspect(id, signal)).State;
    log.info(`Restarting module ${id}, started at ${startedAt}.`);
    // Written down first: if this process ends now, the next one compares and does not restart a second time.
    await task?.note({ id, startedAt });
    await docker.restart(id, signal).catch((error: unknown) => {
      throw new SupportError('unavailable', `Error calling Restart module ${id}: ${messageOf(error)}`, {
        cause: error,
      });
    });
    await verifyRestart(docker, id, startedAt, signal);
    return null;
  },
  task: {
    operation: 'restart module',
    async recover({ notes, services: { docker }, task }) {
      const { id, startedAt } = notes as { readonly id?: string; readonly startedAt?: string };
      if (id === undefined || startedAt === undefined) {
        throw new SupportError('unavailable', 'this module ended before it restarted anything; call it again.');
      }
      try {
        await within(recoverMs, id, (signal) => verifyRestart(docker, id, startedAt, signal), task.signal);
      } catch (error) {
        if ((error as Partial<SupportError>).code !== 'timeout') throw error;
        const text = `this module ended meanwhile, and ${id} has not been started since ${startedAt}: it was not restarted.`;
        throw new SupportError('unavailable', text);
      }
    },
  },
});

/** Restarting the container that answers would cut the answer off (and some engines would not start it again). */
function selfRestart(id: string): SupportError {
  return new SupportError('bad-request', `Module ${id} is this module itself and cannot restart itself.`);
}

/** Waits until the container runs with a new start time, and twice in a row, so that an immediate exit is seen. */
async function verifyRestart(docker: Docker, id: string, startedAt: string, signal: AbortSignal): Promise<void> {
  let seen: string | undefined;
  for (;;) {
    const { State: state } = await docker.inspect(id, signal);
    const again = state.StartedAt !== startedAt;
    const restarted = again && state.Running && !state.Restarting;
    if (restarted && seen === state.StartedAt) return;
    if (again && (state.Status === 'exited' || state.Status === 'dead' || state.Restarting)) {
      const text = `Module ${id} was restarted but ended again with exit code ${state.ExitCode}.`;
      throw new SupportError('unavailable', text);
    }
    seen = restarted ? state.StartedAt : undefined;
    await sleep(500, signal);
  }
}
