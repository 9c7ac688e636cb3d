import { bundleCollectors, writeBundle } from '../bundle/bundle.ts';
import { planBundle } from '../bundle/plan.ts';
import type { BundleContext } from '../collectors/collector.ts';
import { patientDocker } from '../docker/patient.ts';
import { type Scope, stricter } from '../redact/redact.ts';
import type { ManifestEntry } from '../report/manifest.ts';
import type { ArchiveAsk } from '../storage/storage.ts';
import { type BundleWish, bundleRequest, readWish } from './bundle-request.ts';
import { defineMethod, type Services } from './method.ts';
import { storedResult } from './upload.ts';

/** So many files that are not whole are named in a task's result; the manifest has them all. */
const named = 20;

/** The part of a bundle's size that logs may take where it is limited. */
const logShare = 0.8;

export const uploadSupportBundle = defineMethod({
  name: 'UploadSupportBundle',
  about: 'Gathers logs, state and checks into one zip and uploads it to Blob Storage in the background.',
  payloadOptional: true,
  request: bundleRequest,
  example: { sasUrl: 'https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS', since: '2d', caseId: 'CS-1234' },
  async handle({ request: { sasUrl, ...request }, services, signal, repeat }) {
    const wish = readWish(request, services.now());
    if (request.dryRun) {
      const collectors = bundleCollectors(() => undefined).filter(({ id }) => wish.wanted(id));
      const limitMs = services.settings().methodTimeoutSecs * 500;
      const plan = await planBundle(collectors, contextOf(wish, request, services), limitMs, signal);
      return { dryRun: true, ...plan };
    }
    services.storage.check(sasUrl);
    const timeoutSecs = request.timeoutSecs ?? services.settings().taskTimeoutSecs;
    return services.tasks.start({ method: 'UploadSupportBundle', request, sasUrl, timeoutSecs, ...repeat });
  },
  task: {
    operation: 'upload support bundle',
    lane: { name: 'bundle', places: 1 },
    async work({ request, services, task }) {
      const { redactor, nameBlob, storage, version } = services;
      const wish = readWish(request, task.startedAt);
      const { caseId, maxBytes } = request;
      const { dryRun: _, ...asked } = request;
      let entries: readonly ManifestEntry[] = [];
      const archive: ArchiveAsk = {
        taskId: task.id,
        key: 'bundle',
        headers: { contentType: 'application/zip' },
        name: () => nameBlob(caseId === undefined ? 'support-bundle' : `support-bundle-${caseId}`, 'zip'),
        open: (deadline) =>
          writeBundle({
            context: contextOf(wish, request, { ...services, docker: patientDocker(services.docker) }),
            request: asked,
            version,
            now: services.now(),
            ...(caseId === undefined ? {} : { caseId }),
            ...(maxBytes === undefined ? {} : { maxBytes }),
            wanted: wish.wanted,
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

function contextOf(
  { ask, pick }: BundleWish,
  { maxBytes, redaction = 'known' }: { readonly maxBytes?: number | undefined; readonly redaction?: Scope | undefined },
  services: Services,
): BundleContext {
  const { docker, env, world, redactor, settings, policy, tasks, recentLog } = services;
  const owners = stricter(settings().bundleRedaction, policy().minimumRedaction);
  return {
    ask,
    docker,
    engineLogs: settings().engineLogs,
    env,
    world: world(),
    redactor,
    scope: stricter(owners, redaction),
    modules: async (signal) => pick(await docker.modules(signal)),
    own: { log: recentLog, tasks: tasks.list },
    ...(maxBytes === undefined ? {} : { logBytes: maxBytes * logShare }),
  };
}

function incomplete(entries: readonly ManifestEntry[], clean: (text: string) => string): object {
  const found = entries
    .filter(({ status }) => status !== 'success')
    .map(({ name, status, reason = '' }) => ({ name, status, reason: clean(reason).slice(0, 300) }));
  return found.length === 0 ? {} : { incomplete: found.slice(0, named) };
}
