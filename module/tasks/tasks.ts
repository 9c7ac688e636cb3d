import { isAbort, messageOf, SupportError } from '../base/errors.ts';
import { stopwatch, untilAborted, within } from '../base/time.ts';
import { createLane, type Lane } from './lanes.ts';
import { createLedger, type LedgerParts } from './ledger.ts';
import { hasEnded, type TaskRecord } from './record.ts';
import { createRunning, type Running } from './running.ts';
import type { Sealer } from './seal.ts';
import { createSealedRequests, type Request } from './sealed-request.ts';
import type { TaskAsk, TaskContext, TaskKind, TaskView } from './task.ts';

export interface Tasks {
  /**
   * Starts work in the background: `first`, where there is something in hand already or nothing may be done twice, else its
   * kind's work. After a restart its kind's `recover` or work goes on. Rejects with a SupportError `busy` when too many of its kind are unfinished.
   */
  start(ask: TaskAsk, first?: (context: TaskContext) => Promise<void>): Promise<TaskView>;
  /**
   * Does work that should end within `limitMs` milliseconds: resolves with what it gives (or rejects as it does), or,
   * when it takes longer, with the task as which it goes on.
   */
  attempt(ask: TaskAsk, limitMs: number, work: (context: TaskContext) => Promise<unknown>): Promise<Attempted>;
  status(id: string): TaskView;
  /** Newest first. */
  list(): readonly TaskView[];
  /** The task that a request with this id started, and the hash of that request. */
  byRequest(requestId: string): { readonly id: string; readonly requestHash: string | undefined } | undefined;
  /** Ends a task and takes away what there is of it, within 2 s. SupportError not-found for an unknown id. */
  cancel(id: string): Promise<TaskView>;
  /**
   * Lets a task that waits for storage try again at once, with a fresh SAS if one is given, or a failed one whose
   * archives are kept. SupportError not-found, or conflict when there is nothing to resume.
   */
  resume(id: string, sasUrl?: string): Promise<TaskView>;
  /**
   * Goes on with what an earlier start left unfinished, once `ready`; to be called before the first request is taken,
   * whose task would pass for unfinished too.
   */
  recover(ready?: Promise<void>): void;
  /** Ends the work of this process, within `ms` milliseconds; what is unfinished goes on at the next start. */
  stop(ms: number): Promise<void>;
}

export type Attempted = { readonly answer: unknown } | { readonly task: TaskView };

export interface TasksParts extends LedgerParts {
  readonly kinds: () => readonly TaskKind[];
  readonly sealer: Sealer;
  /** Told of a SAS that was opened after a restart, before anything can go wrong with it. */
  readonly remember: (sasUrl: string) => void;
  /** How long collecting may go on behind its deadline; milliseconds. */
  readonly graceMs?: number;
  /** Before the sealing key is asked for again; milliseconds. */
  readonly sealAgainMs?: number;
}

/** So many tasks of a method may be unfinished. */
const unfinishedLimit = 10;

/** A task in whose collecting the process ended so often is not tried again: it may be what ends the process. */
const mostCrashes = 5;

/** What is to be ready before recovered tasks go on is waited for no longer. */
const readyMs = 60_000;

/** An answer larger than this is not kept for GetTaskStatus; bytes of JSON. RunCheck's own fit. */
const largestAnswer = 122_000;

/** An acknowledgement leaves within 5 s, also when the sealing key cannot be had. */
const sealMs = 1500;

/** CancelTask answers within 2 s, so the work gets less. */
const cancelMs = 1800;
const settleMs = 1000;

/** What can still be done about a failed task whose archive is whole. */
const keptAdvice =
  'The archive is kept on the device: ResumeTask sends it, with a fresh sasUrl if need be; DownloadArchive hands it out.';
/** The same of a task that does more than to deliver it: nothing of that is done later. */
const keptOnly = 'The archive is kept on the device: DownloadArchive hands it out.';

/** Why work is ended from outside. */
const stopped = new SupportError('unavailable', 'The module is stopping.');
const cancelled = new SupportError('conflict', 'The task was cancelled.');
const over = new SupportError('conflict', 'The task has ended.');

interface Live extends Running {
  readonly elapsed: () => number;
  /** As it came; undefined until it has been opened after a restart. */
  request: Request | undefined;
  /** Resolves when the work has settled, whatever came of it. */
  done: Promise<void>;
}

/** Tasks over a store that survives the process. */
export function createTasks(parts: TasksParts): Tasks {
  const { store, clean, log, changed, counted } = parts;
  // A call that is answered with how its task ended is none of these: by then it is live no more.
  const ended = (record: TaskRecord) => {
    if (live.has(record.id)) parts.ended?.(record);
  };
  const ledger = createLedger({ ...parts, ended });
  const sealed = createSealedRequests({ ...parts, againMs: parts.sealAgainMs ?? 30_000 });
  const live = new Map<string, Live>();
  const lanes = new Map<string, Lane>();
  const stopping = new AbortController();

  const kindOf = (method: string) => parts.kinds().find((kind) => kind.method === method);
  const laneOf = (method: string) => {
    const { name, places } = kindOf(method)?.lane ?? { name: method, places: Number.POSITIVE_INFINITY };
    const lane = lanes.get(name) ?? createLane(places);
    lanes.set(name, lane);
    return lane;
  };
  const view = (record: TaskRecord): TaskView => ({
    ...ledger.view(record, live.get(record.id)?.elapsed()),
    ...(store.durable() ? {} : { durable: false }),
  });
  const acknowledge = ({ id }: TaskRecord): TaskView => ({ status: 'Running', message: '', correlationId: id });

  /** A record becomes one that this process works on. */
  const enter = (record: TaskRecord, request: Request | undefined, save = () => store.put(record)): Live => {
    const { graceMs } = parts;
    const sasUrl = request?.sasUrl;
    const lane = laneOf(record.method);
    const running = createRunning({ record, sasUrl, lane, save, changed, clean, graceMs });
    const entered: Live = { ...running, request, elapsed: stopwatch(), done: Promise.resolve() };
    live.set(record.id, entered);
    return entered;
  };

  const failed = async (record: TaskRecord, { context, elapsed }: Live, error: unknown): Promise<void> => {
    // However the work words it: it ended because it was told to.
    if (context.signal.reason === stopped) return;
    if (context.signal.reason === cancelled || isAbort(error)) return ledger.end(record, 'Cancelled', elapsed());
    const kept = await parts.keeps(record.id).catch(() => false);
    const advice = kindOf(record.method)?.work ? keptAdvice : keptOnly;
    return ledger.end(record, 'Failed', elapsed(), error, kept ? advice : '');
  };

  /** Works on a record that is in the store, to its end. */
  const run = (record: TaskRecord, task: Live, work: () => Promise<void>) => {
    task.done = work()
      .then(async () => {
        await ledger.end(record, 'Completed', task.elapsed());
        if (!(await parts.keeps(record.id))) await parts.discard(record.id);
      })
      .catch((error: unknown) => failed(record, task, error))
      .catch((error: unknown) => log.error(`[Task] ${record.id}: ${clean(messageOf(error))}`))
      .finally(() => {
        if (live.get(record.id) === task) live.delete(record.id);
        // What goes on behind the task's end must not: a wait in it ends here.
        task.abort(over);
      });
  };

  /** Resolves when the request is on disk, sealed, or after a while: it is then tried further. */
  const keepRequest = async (record: TaskRecord, task: Live): Promise<void> => {
    const { request, context } = task;
    if (!request || (!record.secret && context.sasUrl() === undefined)) return;
    const keeping = sealed.keep(record, () => ({ ...request, sasUrl: context.sasUrl() }), stopping.signal);
    await within(sealMs, 'Keeping the request', () => keeping).catch(() => undefined);
  };

  /** Starts the work of a kind. Resolves when a restart would go on with it: what was acknowledged is not forgotten. */
  const begin = async (record: TaskRecord, request: Request, work: (context: TaskContext) => Promise<void>) => {
    const written = store.put(record);
    const task = enter(record, request);
    counted?.(record.method, 'Started');
    run(record, task, async () => work(task.context));
    changed();
    await written;
    await keepRequest(record, task);
  };

  /** What a task of an earlier start has to do. */
  const recovery = async (record: TaskRecord, task: Live): Promise<void> => {
    const kind = kindOf(record.method);
    if (record.crashes >= mostCrashes) {
      const text = `the module ended ${record.crashes} times while it was collecting; it is not tried again.`;
      throw new SupportError('unavailable', text);
    }
    await store.put(record);
    if (kind?.recover) return kind.recover(record.notes, task.context);
    if (!kind?.work) throw new SupportError('unavailable', 'the module ended before it was done; call it again.');
    task.request = await sealed.open(record, task.context.signal);
    const { request, sasUrl } = task.request;
    // One that came by ResumeTask while the request was being opened is kept from now on.
    if (task.context.sasUrl() !== undefined) await keepRequest(record, task);
    if (sasUrl !== undefined) {
      parts.remember(sasUrl);
      // One that came by ResumeTask meanwhile is fresher.
      if (task.context.sasUrl() === undefined) task.nudge(sasUrl);
    }
    await kind.work(request, task.context);
  };

  return {
    async start(ask, first) {
      stopping.signal.throwIfAborted();
      const { method, request, sasUrl } = ask;
      const kind = kindOf(method);
      const work =
        first ?? (kind?.work && ((context: TaskContext) => kind.work?.(request, context) ?? Promise.resolve()));
      if (!kind || !work) throw new Error(`${method} is no kind of task`);
      const unfinished = store.all().filter((one) => one.method === method && !hasEnded(one)).length;
      if (unfinished >= unfinishedLimit) {
        const text = `${unfinished} tasks of ${method} are unfinished, and more are not taken: wait for one to end or cancel one (ListTasks has their ids).`;
        throw new SupportError('busy', text);
      }
      const record = ledger.create(ask, kind);
      await begin(record, { request, sasUrl }, work);
      return acknowledge(record);
    },

    async attempt(ask, limitMs, work) {
      stopping.signal.throwIfAborted();
      const { method, request } = ask;
      const record = ledger.create(ask, kindOf(method));
      let inStore = false;
      // What is written down is a task, however soon it ends.
      const written = () => {
        if (!inStore) counted?.(method, 'Started');
        inStore = true;
        return store.put(record);
      };
      const task = enter(record, { request }, written);
      const outcome = work(task.context).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      );
      const inTime = await within(limitMs, method, () => outcome, stopping.signal).catch(() => undefined);
      stopping.signal.throwIfAborted();
      if (inTime) {
        live.delete(record.id);
        if (inStore && 'error' in inTime) await failed(record, task, inTime.error);
        if (inStore && 'answer' in inTime) await ledger.end(record, 'Completed', task.elapsed());
        if ('error' in inTime) throw inTime.error;
        return inTime;
      }
      await written();
      changed();
      run(record, task, async () => {
        const limit = record.timeoutSecs * 1000;
        const late = await within(limit, record.operation, () => outcome, task.context.signal);
        if ('error' in late) throw late.error;
        const answer = clean(late.answer);
        const bytes = Buffer.byteLength(JSON.stringify(answer) ?? '');
        if (bytes <= largestAnswer) record.answer = answer;
        else throw new SupportError('too-large', `its answer has ${bytes} bytes, more than is kept; ask for less.`);
      });
      return { task: acknowledge(record) };
    },

    status(id) {
      const record = store.get(id);
      return record ? view(record) : { status: 'Unknown', message: '', correlationId: id };
    },

    list: () => store.all().toReversed().map(view),

    byRequest(requestId) {
      const record = store.all().findLast((one) => one.requestId === requestId);
      return record && { id: record.id, requestHash: record.requestHash };
    },

    async cancel(id) {
      const record = ledger.find(id);
      if (hasEnded(record)) return view(record);
      const task = live.get(id);
      task?.abort(cancelled);
      const ending = (async () => {
        await within(settleMs, 'Ending the task', async () => task?.done).catch(() => undefined);
        // Work that does not listen is over all the same.
        await ledger.end(record, 'Cancelled', task?.elapsed());
      })();
      const gone = Promise.all([ending, parts.discard(id)]);
      gone.catch((error: unknown) => log.warning(`What task ${id} left could not be taken away: ${messageOf(error)}`));
      // A disk that hangs does not hold up the answer; what is still to be taken away is, behind it.
      await within(cancelMs, 'Taking away what is left', () => gone).catch(() => undefined);
      return view(record);
    },

    async resume(id, sasUrl) {
      const record = ledger.find(id);
      const task = live.get(id);
      const fresh = sasUrl === undefined ? {} : { withSas: true, secret: true };
      if (task && !hasEnded(record)) {
        Object.assign(record, fresh);
        task.nudge(sasUrl);
        await keepRequest(record, task);
        return view(record);
      }
      const work = kindOf(record.method)?.work;
      const kept = await parts.keeps(id);
      // From here on nothing waits: of two calls at once the second finds the task running.
      if (record.status !== 'Failed' || !work || !kept) {
        const text = `Task ${id} is ${record.status} and has no archive on this device that could still be uploaded.`;
        throw new SupportError('conflict', text);
      }
      if (record.withSas && sasUrl === undefined) {
        throw new SupportError(
          'bad-request',
          'sasUrl must be given: the one of the request was erased when its task failed.',
        );
      }
      const again = { message: '', endedAt: undefined, seconds: undefined, results: [], partial: [], crashes: 0 };
      Object.assign(record, again, fresh, { status: 'Running' });
      await begin(record, { request: record.request, sasUrl }, (context) => work(record.request, context));
      return view(record);
    },

    recover(ready = Promise.resolve()) {
      const soon = within(readyMs, 'Tidying', () => ready).catch(() => undefined);
      for (const record of store.all().filter((one) => !hasEnded(one))) {
        if (record.collecting) Object.assign(record, { crashes: record.crashes + 1, collecting: false });
        // The work runs again from its beginning and says all of this anew.
        Object.assign(record, { step: '', percent: undefined, bytes: undefined, results: [], partial: [] });
        const task = enter(record, undefined);
        counted?.(record.method, 'Started');
        log.info(`[Task] ${record.operation} ${record.id} goes on after a restart.`);
        run(record, task, async () => {
          await untilAborted(soon, task.context.signal);
          await recovery(record, task);
        });
      }
      ledger.forgetOld().catch((error: unknown) => log.warning(`Old tasks stay for now: ${messageOf(error)}`));
    },

    async stop(ms) {
      stopping.abort(stopped);
      const working = [...live.values()];
      for (const task of working) task.abort(stopped);
      await within(ms, 'Ending the running tasks', async () => {
        await Promise.all(working.map(({ done }) => done));
      }).catch(() => undefined);
      await store.close();
    },
  };
}
