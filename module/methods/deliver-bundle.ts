import { writeBundle } from '../bundle/bundle.ts';
import type { BundleContext } from '../collectors/collector.ts';
import { patientDocker } from '../docker/patient.ts';
import { type Scope, stricter } from '../redact/redact.ts';
import type { ManifestEntry } from '../report/manifest.ts';
import type { ArchiveAsk } from '../storage/storage.ts';
import type { TaskContext } from '../tasks/task.ts';
import { type BundleRequest, type BundleWish, readWish } from './bundle-request.ts';
import type { Services } from './method.ts';
import { storedResult } from './upload.ts';

/** So many files that are not whole are named in a task's result; the manifest has them all. */
const named = 20;

/** The part of a bundle's size that logs may take where it is limited. */
const logShare = 0.8;

/** Makes a bundle and delivers it; resolves with what a task's result says of it. */
export async function deliverBundle(request: BundleRequest, services: Services, task: TaskContext): Promise<object> {
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
  return storedResult(await storage.deliver(archive, task));
}

/** What a bundle of this wish is made from. */
export function contextOf(
  { ask, pick }: BundleWish,
  { maxBytes, redaction = 'known' }: { readonly maxBytes?: number | undefined; readonly redaction?: Scope | undefined },
  services: Services,
): BundleContext {
  const { docker, env, world, redactor, settings, policy, tasks, recentLog, metrics, audit } = services;
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
    own: { log: recentLog, tasks: tasks.list, audit: audit.lines, failures: services.failures, metrics: metrics.text },
    ...(maxBytes === undefined ? {} : { logBytes: maxBytes * logShare }),
  };
}

function incomplete(entries: readonly ManifestEntry[], clean: (text: string) => string): object {
  const found = entries
    .filter(({ status }) => status !== 'success')
    .map(({ name, status, reason = '' }) => ({ name, status, reason: clean(reason).slice(0, 300) }));
  return found.length === 0 ? {} : { incomplete: found.slice(0, named) };
}
