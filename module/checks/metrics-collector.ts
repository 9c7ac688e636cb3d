import { defineCheck, skippedFor, type Verdict } from './check.ts';

/** Microsoft's module that sends the metrics of edgeAgent and edgeHub to Azure Monitor or as messages. */
const collector = /(?:^|\/)azureiotedge-metrics-collector[:@]/;

export const metricsCollector = defineCheck({
  id: 'metrics-collector',
  section: 'Field checks',
  title: 'the metrics collector, where one is deployed, runs',
  needs: ['edgeContainers'],
  judge({ edgeContainers }): Verdict {
    if ('unavailable' in edgeContainers) return skippedFor(edgeContainers);
    const deployed = edgeContainers.value.containers.filter(({ image }) => collector.test(`${image}:`));
    const info = { deployed: deployed.map(({ name, image, state }) => ({ name, image, state })) };
    if (deployed.length === 0) {
      return {
        status: 'ignored',
        why: 'No metrics collector is deployed: the metrics of this device are seen by nobody from afar.',
        info,
      };
    }
    const stopped = deployed.filter(({ state }) => state !== 'running');
    if (stopped.length === 0) return { status: 'ok', info };
    return {
      status: 'warning',
      details: stopped.map(({ name, state }) => `${name} collects no metrics: it is ${state}.`),
      fix: 'See with GetModuleLogs why it ended; it needs ResourceId and the workspace or UploadTarget in its environment.',
      info,
    };
  },
});
