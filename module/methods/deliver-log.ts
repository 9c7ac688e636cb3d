import { messageOf } from '../base/errors.ts';
import { stopwatch } from '../base/time.ts';
import { blobExtension, encodedLog, type LogAsk, type LogCount, type LogFormat } from '../logs/logs.ts';
import { breakIn } from '../logs/loss.ts';
import { blobHeaders } from '../storage/names.ts';
import type { ArchiveAsk } from '../storage/storage.ts';
import type { TaskContext } from '../tasks/task.ts';
import { logSource } from './log-source.ts';
import type { Services } from './method.ts';
import { storedResult } from './upload.ts';

export interface LogDelivery {
  readonly services: Services;
  readonly module: string;
  readonly ask: LogAsk;
  readonly format: LogFormat;
  readonly task: TaskContext;
  /** A log that breaks off is a problem, too. */
  readonly whole?: true;
}

/** Uploads one module's log and records its own result; returns what went wrong, so that the others go on. */
export async function deliverLog({
  services,
  module,
  ask,
  format,
  task,
  whole,
}: LogDelivery): Promise<string | undefined> {
  const elapsed = stopwatch();
  if (task.late()) {
    task.result({ module, skipped: 'The deadline came before its turn.' });
    return undefined;
  }
  const count: LogCount = { lines: 0, bytes: 0, warnings: [] };
  const archive: ArchiveAsk = {
    taskId: task.id,
    key: module,
    headers: blobHeaders(format),
    name: () => services.nameBlob(module, blobExtension(format)),
    open: (deadline) => encodedLog(logSource(services), module, ask, format, count, task.signal, deadline),
    about: () => ({
      logBytes: count.bytes,
      lines: count.lines,
      readFrom: count.path,
      ...(count.warnings.length === 0 ? {} : { warnings: count.warnings }),
    }),
  };
  try {
    task.progress({ step: `reading the log of ${module}` });
    const stored = await services.storage.deliver(archive, task);
    task.result({ module, ...storedResult(stored), seconds: elapsed() });
    const broken = whole && breakIn(count.warnings);
    return broken ? `only a part of it could be read: ${services.redactor.text(broken)}` : undefined;
  } catch (error) {
    task.signal.throwIfAborted();
    const problem = services.redactor.text(messageOf(error));
    task.result({ module, error: problem, seconds: elapsed() });
    return problem;
  }
}
