import type { TaskView } from './task.ts';

/** So many tasks are shown: a twin holds 32 KB in all, and each of these takes less than 400 bytes. */
const shown = 5;
const longestStep = 80;

/** No more often than this; milliseconds. A twin is for looking at, GetTaskStatus for waiting. */
const usualPauseMs = 10_000;

/** The newest tasks as a reported property: whoever has the twin open sees them move. */
export interface TaskReport {
  /** Something has changed, and is reported soon. */
  changed(): void;
  connected(): void;
  disconnected(): void;
}

/** `report` gets the newest five tasks, newest first, whenever they are not what was reported last. */
export function createTaskReport(
  list: () => readonly TaskView[],
  report: (newest: readonly object[]) => Promise<void>,
  pauseMs = usualPauseMs,
): TaskReport {
  let open = false;
  let last = '';
  let timer: NodeJS.Timeout | undefined;
  const tell = () => {
    timer = undefined;
    const newest = list().slice(0, shown).map(short);
    const text = JSON.stringify(newest);
    if (!open || text === last) return;
    last = text;
    // A patch that got lost is sent again after the pause.
    report(newest).catch(() => {
      if (last === text) last = '';
    });
    // Changes within the pause wait for its end.
    timer = setTimeout(tell, pauseMs).unref();
  };
  return {
    changed() {
      if (open && timer === undefined) timer = setTimeout(tell, Math.min(pauseMs, 500)).unref();
    },
    connected() {
      open = true;
      // The twin may be that of an earlier start.
      last = '';
      clearTimeout(timer);
      tell();
    },
    disconnected() {
      open = false;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

function short({ correlationId, method, status, step, percent, startedAt, endedAt }: TaskView): object {
  return {
    id: correlationId,
    method,
    status,
    ...(step === undefined ? {} : { step: step.slice(0, longestStep) }),
    ...(percent === undefined ? {} : { percent: Math.round(percent) }),
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}
