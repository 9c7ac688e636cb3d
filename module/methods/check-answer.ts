import { messageOf } from '../base/errors.ts';
import type { CheckRun } from '../checks/run.ts';
import { fitJson, fitText, type Truncation } from '../report/fit.ts';
import { type CheckSummary, summarize, toCheckJson } from '../report/result.ts';
import { toCheckText } from '../report/text.ts';
import { blobHeaders } from '../storage/names.ts';
import type { TaskContext } from '../tasks/task.ts';
import type { Services } from './method.ts';
import { storedResult } from './upload.ts';

export type Output = 'json' | 'text';

/** What a run's part of the answer may take of the 128 KB; what is said of the whole stands beside it. */
const largestReport = 118_000;

const longestNote = 300;

/** Where the whole answer is, or why it is nowhere. */
export interface WholeAnswer {
  /** The task that brings it to Blob Storage, or keeps it on the device; DownloadArchive calls it taskId. */
  readonly correlationId?: string;
  /** Of the blob. */
  readonly name?: string;
  readonly note: string;
}

/** A run as it is answered and stored: redacted, and its texts whole. */
export interface Rendered {
  readonly answer: object & Partial<Truncation>;
  /** The whole, as a file. */
  readonly file: string;
  readonly summary: CheckSummary;
}

export function render(run: CheckRun, output: Output, { redactor }: Pick<Services, 'redactor'>): Rendered {
  const summary = summarize(run);
  if (output === 'text') {
    const file = redactor.text(toCheckText(run));
    return { answer: fitText(file, largestReport), file, summary };
  }
  // Redacted before it is cut: half a secret looks like none.
  const json = redactor.json(toCheckJson(run)) as ReturnType<typeof toCheckJson>;
  return { answer: fitJson(json, largestReport), file: `${JSON.stringify(json, null, 2)}\n`, summary };
}

/** Brings the file that `make` gives to storage, or keeps it on the device; the counts stand in the task's result. */
export async function storeReport(
  services: Pick<Services, 'storage' | 'redactor' | 'nameBlob'>,
  task: TaskContext,
  output: Output,
  make: () => Promise<Pick<Rendered, 'file' | 'summary'>>,
  name = reportName(services, output),
): Promise<void> {
  let summary: CheckSummary | undefined;
  async function* body() {
    const made = await make();
    summary = made.summary;
    yield Buffer.from(made.file);
  }
  const stored = await services.storage.deliver(
    {
      taskId: task.id,
      key: 'check-report',
      headers: blobHeaders({ contentType: output, encoding: 'none' }),
      name: () => name,
      open: () => services.redactor.stream(body()),
      about: () => ({ summary }),
    },
    task,
  );
  task.result(storedResult(stored));
}

/**
 * Has a task store the whole of an answer. What hinders it is told in the note: the answer itself must not be lost for
 * it.
 */
export async function storeWhole(
  services: Services,
  rendered: Rendered,
  {
    output,
    sasUrl,
    request,
  }: { readonly output: Output; readonly sasUrl: string | undefined; readonly request: object },
): Promise<WholeAnswer> {
  const name = reportName(services, output);
  const timeoutSecs = services.settings().taskTimeoutSecs;
  try {
    const toStorage = services.storage.check(sasUrl);
    const { correlationId } = await services.tasks.start({ method: 'RunCheck', request, sasUrl, timeoutSecs }, (task) =>
      storeReport(services, task, output, async () => rendered, name),
    );
    const note = toStorage
      ? 'The whole answer is being uploaded; GetTaskStatus with this correlationId tells its blob.'
      : 'No storage target is known (sasUrl, or the setting storage.sasUrl), so that the whole answer is kept on the device: DownloadArchive with this correlationId hands it out.';
    return { correlationId, name, note };
  } catch (error) {
    const why = services.redactor.text(messageOf(error)).slice(0, longestNote);
    return { note: `The whole answer was neither uploaded nor kept: ${why}` };
  }
}

const reportName = ({ nameBlob }: Pick<Services, 'nameBlob'>, output: Output) =>
  nameBlob('check-report', output === 'text' ? 'txt' : 'json');
