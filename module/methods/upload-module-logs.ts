import { messageOf, SupportError } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import { within } from '../base/time.ts';
import { flag, optional, record, withDefault } from '../config/values.ts';
import { patientDocker } from '../docker/patient.ts';
import { estimateLog, type LogEstimate } from '../logs/estimate.ts';
import { type LogFormat, readItems, type SelectedLog, selectModules } from '../logs/logs.ts';
import { deliverLog } from './deliver-log.ts';
import { logRequestFields, logSchemaContext } from './log-request.ts';
import { logSource } from './log-source.ts';
import { defineMethod, type Services } from './method.ts';
import { uploadFields } from './upload.ts';

/** So many modules' logs are read at a time, in all tasks together. */
const atATime = 2;

/** Without `items` all logs are meant. */
const everyModule = [{ id: 'all' }];

/** How long an engine that is being restarted may hold up a task at its beginning. */
const listMs = 90_000;

export const uploadModuleLogs = defineMethod({
  name: 'UploadModuleLogs',
  about: "Uploads modules' logs to Blob Storage in the background.",
  schemaContext: logSchemaContext,
  payloadOptional: true,
  request: record({
    ...logRequestFields,
    schemaVersion: withDefault(logRequestFields.schemaVersion, '1.0'),
    items: optional(logRequestFields.items),
    ...uploadFields,
    dryRun: withDefault(flag(), false),
  }),
  example: {
    schemaVersion: '1.0',
    sasUrl: 'https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS',
    items: [{ id: 'all', filter: { since: '1d' } }],
    encoding: 'gzip',
    contentType: 'text',
  },
  async handle({ request: { sasUrl, ...request }, services, signal, repeat }) {
    // Patterns and times that cannot be read are refused now; which modules there are is asked in the task.
    const selectors = readItems(request.items ?? everyModule, services.now());
    if (request.dryRun) return estimate(selectModules(selectors, await namesOf(services, signal)), services, signal);
    services.storage.check(sasUrl);
    const timeoutSecs = request.timeoutSecs ?? services.settings().taskTimeoutSecs;
    return services.tasks.start({ method: 'UploadModuleLogs', request, sasUrl, timeoutSecs, ...repeat });
  },
  task: {
    operation: 'upload logs',
    lane: { name: 'logs', places: atATime },
    async work({ request, services, task }) {
      const selectors = readItems(request.items ?? everyModule, task.startedAt);
      task.progress({ step: 'asking for the modules of this device' });
      const patient = { ...services, docker: patientDocker(services.docker) };
      const names = await within(listMs, 'Listing the modules', (signal) => namesOf(patient, signal), task.signal);
      const selected = selectModules(selectors, names);
      if (selected.length === 0) task.result({ warning: 'No module matched the ids of the request.' });
      const failed: string[] = [];
      const format: LogFormat = { contentType: request.contentType, encoding: request.encoding };
      await inParallel(atATime, selected, async ({ module, ask }) => {
        const problem = await deliverLog({ services: patient, module, ask, format, task });
        if (problem !== undefined) failed.push(`${module}: ${problem}`);
      });
      task.signal.throwIfAborted();
      if (failed.length > 0) throw new SupportError('unavailable', failed.join('; '));
    },
  },
});

const namesOf = async ({ docker }: Pick<Services, 'docker'>, signal: AbortSignal) =>
  (await docker.modules(signal)).map(({ name }) => name);

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
