import * as z from 'zod/mini';
import { messageOf, SupportError } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import { stopwatch } from '../base/time.ts';
import { flag, optional, record, text, withDefault } from '../config/values.ts';
import { estimateLog, type LogEstimate } from '../logs/estimate.ts';
import {
  blobExtension,
  encodedLog,
  type LogAsk,
  type LogCount,
  type LogFormat,
  readItems,
  type SelectedLog,
  selectModules,
} from '../logs/logs.ts';
import { blobHeaders } from '../storage/names.ts';
import type { Sink } from '../storage/sink.ts';
import type { TaskContext } from '../tasks/tasks.ts';
import { logRequestFields, logSchemaContext } from './log-request.ts';
import { logSource } from './log-source.ts';
import { defineMethod, type Services } from './method.ts';

/** So many modules' logs are read and uploaded at a time, whatever `id` matches. */
const atATime = 2;

export const uploadModuleLogs = defineMethod({
  name: 'UploadModuleLogs',
  about: "Uploads modules' logs to Blob Storage in the background.",
  schemaContext: logSchemaContext,
  request: record({ ...logRequestFields, sasUrl: optional(text()), dryRun: withDefault(flag(), false) }).check(
    z.refine(({ sasUrl, dryRun }) => sasUrl !== undefined || dryRun, {
      path: ['sasUrl'],
      error: 'must be a string, got nothing',
    }),
  ),
  async handle({ request, services, signal }) {
    const selectors = readItems(request.items, services.now());
    const modules = await services.docker.modules(signal);
    const selected = selectModules(
      selectors,
      modules.map(({ name }) => name),
    );
    const format: LogFormat = { contentType: request.contentType, encoding: request.encoding };
    if (request.dryRun) return estimate(selected, services, signal);
    const sink = services.openSink({ sasUrl: request.sasUrl ?? '' });
    return services.tasks.start('upload logs', services.settings().taskTimeoutSecs, async (task) => {
      if (selected.length === 0) task.result({ warning: 'No module matched the ids of the request.' });
      const failed: string[] = [];
      await inParallel(atATime, selected, async ({ module, ask }) => {
        const problem = await uploadOne({ services, sink, module, ask, format, task });
        if (problem !== undefined) failed.push(`${module}: ${problem}`);
      });
      task.signal.throwIfAborted();
      if (failed.length > 0) throw new SupportError('unavailable', failed.join('; '));
    });
  },
});

/**
 * What the upload would bring, from samples; all of them together take at most half of the method's time. A module whose
 * log cannot be read is an `error` and does not count.
 */
async function estimate(selected: readonly SelectedLog[], services: Services, signal: AbortSignal) {
  const limitMs = Math.min(1500, (services.settings().methodTimeoutSecs * 500) / Math.max(1, selected.length));
  const estimates: LogEstimate[] = [];
  const modules: object[] = [];
  for (const { module, ask } of selected) {
    try {
      const one = await estimateLog(logSource(services), module, ask, limitMs, signal);
      estimates.push(one);
      modules.push(one);
    } catch (error) {
      if (signal.aborted || !(error instanceof SupportError) || error.code === 'bad-request') throw error;
      modules.push({ module, error: messageOf(error) });
    }
  }
  const sum = (of: (one: LogEstimate) => number) => estimates.reduce((total, one) => total + of(one), 0);
  return {
    dryRun: true,
    modules,
    total: {
      lines: sum(({ lines }) => lines),
      bytes: sum(({ bytes }) => bytes),
      gzipBytes: sum(({ gzipBytes }) => gzipBytes),
      seconds: Math.round(sum(({ seconds }) => seconds) * 10) / 10,
    },
  };
}

interface Upload {
  readonly services: Services;
  readonly sink: Sink;
  readonly module: string;
  readonly ask: LogAsk;
  readonly format: LogFormat;
  readonly task: TaskContext;
}

/** Uploads one module's log and records its own result; returns what went wrong, so that the others go on. */
async function uploadOne({ services, sink, module, ask, format, task }: Upload): Promise<string | undefined> {
  const count: LogCount = { lines: 0, bytes: 0, warnings: [] };
  const elapsed = stopwatch();
  task.step(`uploading the log of ${module}`);
  try {
    const name = services.nameBlob(module, blobExtension(format));
    const body = encodedLog(logSource(services), module, ask, format, count, task.signal);
    const stored = await sink.put(name, blobHeaders(format), body, task.signal);
    const warnings = count.warnings.length === 0 ? {} : { warnings: count.warnings };
    task.result({
      module,
      blob: stored.url,
      bytes: stored.bytes,
      logBytes: count.bytes,
      lines: count.lines,
      seconds: elapsed(),
      readFrom: count.path,
      ...warnings,
    });
    return undefined;
  } catch (error) {
    const problem = services.redactor.text(messageOf(error));
    task.result({ module, error: problem, seconds: elapsed() });
    return problem;
  }
}
