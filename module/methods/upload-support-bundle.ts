import { writeBundle } from '../bundle/bundle.ts';
import type { BundleAsk } from '../collectors/collector.ts';
import { flag, optional, optionalUnlessBlank, record, text } from '../config/values.ts';
import { patientDocker } from '../docker/patient.ts';
import { parseTime } from '../logs/logs.ts';
import type { ManifestEntry } from '../report/manifest.ts';
import type { ArchiveAsk } from '../storage/storage.ts';
import { defineMethod } from './method.ts';
import { storedResult, uploadFields } from './upload.ts';

const runtime = ['edgeAgent', 'edgeHub'];

/** So many files that are not whole are named in a task's result; the manifest has them all. */
const named = 20;

export const uploadSupportBundle = defineMethod({
  name: 'UploadSupportBundle',
  about: 'Gathers logs, state and checks into one zip and uploads it to Blob Storage in the background.',
  payloadOptional: true,
  request: record({
    // edgeAgent wants one but never looks at it.
    schemaVersion: optional(text()),
    since: optional(text()),
    until: optional(text()),
    edgeRuntimeOnly: optionalUnlessBlank(flag()),
    ...uploadFields,
  }),
  async handle({ request: { sasUrl, ...request }, services, repeat }) {
    windowOf(request, services.now());
    services.storage.check(sasUrl);
    const timeoutSecs = request.timeoutSecs ?? services.settings().taskTimeoutSecs;
    return services.tasks.start({ method: 'UploadSupportBundle', request, sasUrl, timeoutSecs, ...repeat });
  },
  task: {
    operation: 'upload support bundle',
    lane: { name: 'bundle', places: 1 },
    async work({ request, services, task }) {
      const { env, world, redactor, nameBlob, settings, storage, version } = services;
      const docker = patientDocker(services.docker);
      const ask: BundleAsk = {
        ...windowOf(request, task.startedAt),
        edgeRuntimeOnly: request.edgeRuntimeOnly ?? false,
      };
      const modules = async () =>
        (await docker.modules(task.signal)).filter(({ name }) => !ask.edgeRuntimeOnly || runtime.includes(name));
      let entries: readonly ManifestEntry[] = [];
      const archive: ArchiveAsk = {
        taskId: task.id,
        key: 'bundle',
        headers: { contentType: 'application/zip' },
        name: () => nameBlob('support-bundle', 'zip'),
        open: (deadline) =>
          writeBundle({
            context: { ask, docker, engineLogs: settings().engineLogs, env, world: world(), redactor, modules },
            request,
            version,
            now: services.now(),
            // What has been collected by the deadline is still delivered: a partial bundle, never none.
            signal: AbortSignal.any([task.signal, deadline]),
            onEntry: (name) => task.progress({ step: `collecting ${name}` }),
            onEntries: (all) => {
              entries = all;
            },
          }),
        about: () => ({ files: entries.length, ...incomplete(entries, redactor.text) }),
      };
      task.result(storedResult(await storage.deliver(archive, task)));
    },
  },
});

/** The window of a request, relative times counted from `now`; SupportError bad-request for one that cannot be read. */
function windowOf(
  { since, until }: { readonly since?: string | undefined; readonly until?: string | undefined },
  now: Date,
): Pick<BundleAsk, 'since' | 'until'> {
  return {
    ...(since === undefined ? {} : { since: parseTime(since, 'since', now) }),
    ...(until === undefined ? {} : { until: parseTime(until, 'until', now) }),
  };
}

function incomplete(entries: readonly ManifestEntry[], clean: (text: string) => string): object {
  const found = entries
    .filter(({ status }) => status !== 'success')
    .map(({ name, status, reason = '' }) => ({ name, status, reason: clean(reason).slice(0, 300) }));
  return found.length === 0 ? {} : { incomplete: found.slice(0, named) };
}
