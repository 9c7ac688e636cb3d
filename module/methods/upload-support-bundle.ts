import { bundleCollectors } from '../bundle/bundle.ts';
import { planBundle } from '../bundle/plan.ts';
import { bundleRequest, readWish } from './bundle-request.ts';
import { contextOf, deliverBundle } from './deliver-bundle.ts';
import { defineMethod } from './method.ts';

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
    work: async ({ request, services, task }) => task.result(await deliverBundle(request, services, task)),
  },
});
