import { messageOf } from '../base/errors.ts';
import type { FailureRecord } from '../collectors/failure-record.ts';
import type { FeedLimits } from '../docker/event-feed.ts';
import type { Services } from '../methods/method.ts';
import type { FailureShelf } from '../storage/failures.ts';
import type { TaskKind } from '../tasks/task.ts';
import { createAllowance } from './allowance.ts';
import { createFailureUpload, type UploadLimits } from './failure-upload.ts';
import { followFailures } from './follow-failures.ts';
import { createRecords } from './records.ts';

export interface FailureWatchParts {
  readonly services: Pick<
    Services,
    'docker' | 'env' | 'redactor' | 'tasks' | 'storage' | 'nameBlob' | 'settings' | 'policy' | 'log' | 'now'
  >;
  readonly shelf: FailureShelf;
  readonly feed?: FeedLimits;
  readonly upload?: Partial<UploadLimits>;
}

/** CollectOnFailure: captures what there is of a module that failed before edgeAgent makes it anew. */
export interface FailureWatch {
  /** Begins or ends to watch when the settings of now say so. */
  changed(): void;
  /** What was seen since it watches; undefined while it does not. */
  record(): FailureRecord | undefined;
  /** The task that uploads what was captured. */
  readonly kind: TaskKind;
  /** Ends it; a capture that is under way is given up. */
  stop(): void;
}

/** So many captures within an hour, of all modules together. */
const mostPerHour = 20;

export function createFailureWatch({ services, shelf, feed, upload: uploadLimits }: FailureWatchParts): FailureWatch {
  const { settings, log, now } = services;
  const upload = createFailureUpload({ services, shelf, ...(uploadLimits ? { limits: uploadLimits } : {}) });
  // Switching it off and on must not be a way around it.
  const allowance = createAllowance(() => settings().collectOnFailurePerHour, mostPerHour);
  let current: { readonly ending: AbortController; readonly record: () => FailureRecord } | undefined;

  const start = () => {
    const ending = new AbortController();
    const since = now().getTime();
    const records = createRecords(since);
    current = { ending, record: records.read };
    log.info('CollectOnFailure is on: the end of the log and the inspect of modules that fail are kept.');
    const { signal } = ending;
    void upload.run(signal);
    upload.wake();
    followFailures({ services, shelf, allowance, records, onKept: upload.wake, feed }, since, signal).catch(
      (error: unknown) => log.error(`CollectOnFailure ended: ${messageOf(error)}`),
    );
  };
  const end = () => {
    current?.ending.abort(new Error('CollectOnFailure was switched off.'));
    current = undefined;
  };

  return {
    kind: upload.kind,
    record: () => current?.record(),
    changed() {
      const on = settings().collectOnFailure;
      // Whether to upload may have changed, too.
      if (on && current) return upload.wake();
      if (on) return start();
      if (!current) return;
      end();
      log.info('CollectOnFailure is off; what was captured is kept for bundles.');
    },
    stop: end,
  };
}
