import { readFile } from 'node:fs/promises';
import { messageOf, SupportError } from '../base/errors.ts';
import { sleep } from '../base/time.ts';
import { type ArchivePart, zip } from '../bundle/archive.ts';
import { forbidMethod } from '../config/policy.ts';
import type { Services } from '../methods/method.ts';
import { storedResult } from '../methods/upload.ts';
import type { FailureShelf, KeptFailure } from '../storage/failures.ts';
import type { TaskKind } from '../tasks/task.ts';
import { ownersScope } from './capture.ts';

/** What it is called where tasks are listed. */
const method = 'CollectOnFailure';

export interface FailureUploadParts {
  readonly services: Pick<Services, 'tasks' | 'storage' | 'settings' | 'policy' | 'redactor' | 'nameBlob' | 'log'>;
  readonly shelf: FailureShelf;
  readonly limits?: Partial<UploadLimits>;
}

export interface UploadLimits {
  /** Failures come in groups: so long is waited for more of them; milliseconds. */
  readonly gatherMs: number;
  /** How often the end of an upload is looked for before the next; milliseconds. */
  readonly everyMs: number;
}

export interface FailureUpload {
  readonly kind: TaskKind;
  /** There is something new. */
  wake(): void;
  /** Uploads what no task has been given yet, whenever it is woken, until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Sends what was captured to the target of the settings, one zip at a time: while storage cannot be reached one task
 * waits, and what comes meanwhile goes together with the next. What was sent stays on the device for bundles too.
 */
export function createFailureUpload({ services, shelf, limits = {} }: FailureUploadParts): FailureUpload {
  const { tasks, storage, settings, policy, log } = services;
  const { gatherMs, everyMs } = { gatherMs: 3000, everyMs: 10_000, ...limits };
  const given = new Set<string>();
  let woken = Promise.withResolvers<void>();
  let said: string | undefined;

  const isUnderWay = () => tasks.list().some((task) => task.method === method && task.status === 'Running');

  const startTask = async () => {
    const unsent = (await shelf.list()).filter(({ id, handedOver }) => !handedOver && !given.has(id));
    if (unsent.length === 0) return;
    forbidMethod(policy(), 'UploadSupportBundle');
    if (!storage.check(undefined)) throw new SupportError('unavailable', 'there is no storage target in the settings');
    const ids = unsent.map(({ id }) => id);
    await tasks.start({ method, request: { failures: ids }, timeoutSecs: settings().taskTimeoutSecs });
    for (const id of ids) given.add(id);
    await shelf.handOver(ids);
  };

  return {
    wake: () => woken.resolve(),
    kind: {
      method,
      operation: 'upload failures',
      async work(request, task) {
        const { failures: ids = [] } = request as { readonly failures?: readonly string[] };
        const found = (await shelf.list()).filter(({ id }) => ids.includes(id));
        const [first] = found;
        if (!first) return task.result({ warning: 'What was captured made way for newer failures.' });
        const what = found.length === 1 ? `failure-${first.module}` : 'failures';
        const archive = {
          taskId: task.id,
          key: 'failures',
          headers: { contentType: 'application/zip' },
          name: () => services.nameBlob(what, 'zip'),
          open: () => zip(partsOf(found, services)),
          about: () => ({ failures: found.map(({ name }) => name) }),
        };
        task.result(storedResult(await storage.deliver(archive, task)));
      },
    },
    async run(signal) {
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      while (!signal.aborted) {
        await Promise.race([woken.promise, stopped]);
        woken = Promise.withResolvers();
        try {
          if (!settings().collectOnFailureUpload) continue;
          await sleep(gatherMs, signal);
          while (isUnderWay()) await sleep(everyMs, signal);
          await startTask();
          said = undefined;
        } catch (error) {
          const problem = messageOf(error);
          if (!signal.aborted && problem !== said) log.warning(`Captured failures were not uploaded: ${problem}`);
          said = problem;
        }
      }
    },
  };
}

/** The files as they are in a bundle, redacted once more by what holds now. */
async function* partsOf(
  found: readonly KeptFailure[],
  { redactor, settings, policy }: Pick<Services, 'redactor' | 'settings' | 'policy'>,
): AsyncGenerator<ArchivePart> {
  for (const { name, files } of found) {
    for (const file of files) {
      const content = await readFile(file.path).catch(() => undefined);
      if (!content) continue;
      const bytes = (async function* () {
        yield content;
      })();
      yield { name: `failures/${name}/${file.name}`, body: redactor.stream(bytes, ownersScope(settings(), policy())) };
    }
  }
}
