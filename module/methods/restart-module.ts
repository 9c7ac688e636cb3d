import { messageOf, SupportError } from '../base/errors.ts';
import { sleep } from '../base/time.ts';
import { forbidModuleChange } from '../config/policy.ts';
import { record, requiredText } from '../config/values.ts';
import type { ContainerInspect, Docker } from '../docker/docker.ts';
import { defineMethod } from './method.ts';
import { schemaVersion } from './schema-version.ts';

export const restartModule = defineMethod({
  name: 'RestartModule',
  about: 'Restarts a module of this device and answers once it runs again.',
  schemaContext: 'restart module request schema',
  request: record({ schemaVersion: schemaVersion(), id: requiredText() }),
  async handle({ request: { id }, services: { docker, env, policy, log }, signal }) {
    forbidModuleChange(policy(), id);
    const module = (await docker.modules(signal)).find(({ name }) => name === id);
    if (!module) throw new SupportError('not-found', `Module ${id} not found in the current environment`);
    if (id === env.moduleId) throw selfRestart(id);
    const before = await docker.inspect(id, signal);
    log.info(`Restarting module ${id}, started at ${before.State.StartedAt}.`);
    await docker.restart(id, signal).catch((error: unknown) => {
      throw new SupportError('unavailable', `Error calling Restart module ${id}: ${messageOf(error)}`, {
        cause: error,
      });
    });
    await verifyRestart(docker, id, before, signal);
    return null;
  },
});

/** Restarting the container that answers would cut the answer off (and some engines would not start it again). */
function selfRestart(id: string): SupportError {
  return new SupportError('bad-request', `Module ${id} is this module itself and cannot restart itself.`);
}

/** Waits until the container runs with a new start time, and twice in a row, so that an immediate exit is seen. */
async function verifyRestart(docker: Docker, id: string, before: ContainerInspect, signal: AbortSignal) {
  let seen: string | undefined;
  for (;;) {
    const { State: state } = await docker.inspect(id, signal);
    const restarted = state.Running && !state.Restarting && state.StartedAt !== before.State.StartedAt;
    if (restarted && seen === state.StartedAt) return;
    if (state.Status === 'exited' || state.Status === 'dead' || state.Restarting) {
      const text = `Module ${id} was restarted but ended again with exit code ${state.ExitCode}.`;
      throw new SupportError('unavailable', text);
    }
    seen = restarted ? state.StartedAt : undefined;
    await sleep(500, signal);
  }
}
