import { writeBundle } from '../bundle/bundle.ts';
import type { ManifestEntry } from '../bundle/manifest.ts';
import type { BundleAsk } from '../collectors/collector.ts';
import { flag, optional, optionalUnlessBlank, record, requiredText, text } from '../config/values.ts';
import { parseTime } from '../logs/logs.ts';
import { defineMethod } from './method.ts';

const runtime = ['edgeAgent', 'edgeHub'];

/** So many files that are not whole are named in a task's result; the manifest has them all. */
const named = 20;

export const uploadSupportBundle = defineMethod({
  name: 'UploadSupportBundle',
  about: 'Gathers logs, state and checks into one zip and uploads it to Blob Storage in the background.',
  // edgeAgent wants a schemaVersion here but never looks at it.
  request: record({
    schemaVersion: requiredText(),
    sasUrl: text(),
    since: optional(text()),
    until: optional(text()),
    edgeRuntimeOnly: optionalUnlessBlank(flag()),
  }),
  async handle({ request, services }) {
    const { docker, env, world, redactor, openSink, nameBlob, settings, tasks, version } = services;
    const now = services.now();
    const sink = openSink({ sasUrl: request.sasUrl });
    const ask: BundleAsk = {
      ...(request.since === undefined ? {} : { since: parseTime(request.since, 'since', now) }),
      ...(request.until === undefined ? {} : { until: parseTime(request.until, 'until', now) }),
      edgeRuntimeOnly: request.edgeRuntimeOnly ?? false,
    };
    return tasks.start('upload support bundle', settings().taskTimeoutSecs, async (task) => {
      const modules = async () =>
        (await docker.modules(task.signal)).filter(({ name }) => !ask.edgeRuntimeOnly || runtime.includes(name));
      let entries: readonly ManifestEntry[] = [];
      const bundle = writeBundle({
        context: { ask, docker, engineLogs: settings().engineLogs, env, world: world(), redactor, modules },
        request: { ...request, sasUrl: undefined },
        version,
        now,
        // What has been collected by then is still uploaded: a partial bundle, never none.
        signal: AbortSignal.any([task.signal, AbortSignal.timeout(settings().taskTimeoutSecs * 900)]),
        onEntry: (name) => task.step(`collecting ${name}`),
        onEntries: (all) => {
          entries = all;
        },
      });
      const name = nameBlob('support-bundle', 'zip');
      const stored = await sink.put(name, { contentType: 'application/zip' }, bundle, task.signal);
      const incomplete = entries
        .filter(({ status }) => status !== 'success')
        .map((one) => ({ name: one.name, status: one.status, reason: redactor.text(one.reason ?? '').slice(0, 300) }));
      task.result({
        blob: stored.url,
        bytes: stored.bytes,
        files: entries.length,
        ...(incomplete.length > 0 ? { incomplete: incomplete.slice(0, named) } : {}),
      });
    });
  },
});
