import { metricsCollector } from '../../module/checks/metrics-collector.ts';
import type { EdgeContainer } from '../../module/facts/edge-containers.ts';
import { container, containers, noEngine, options } from './support/readings.ts';

const image = 'mcr.microsoft.com/azureiotedge-metrics-collector:1.1';
const judge = (...all: EdgeContainer[]) => metricsCollector.judge({ edgeContainers: containers(...all) }, options);

test('none deployed is a choice: ignored', () => {
  expect(judge(container('edgeHub'), container('azureiotedge-metrics-collector-viewer'))).toMatchObject({
    status: 'ignored',
  });
});

test('a deployed one is to run, by whatever name', () => {
  expect(judge(container('metrics', { image }))).toMatchObject({ status: 'ok' });
  expect(judge(container('metrics', { image, state: 'exited' }))).toMatchObject({
    status: 'warning',
    details: ['metrics collects no metrics: it is exited.'],
  });
});

test('skipped without the engine', () => {
  expect(metricsCollector.judge({ edgeContainers: noEngine }, options)).toMatchObject({ reason: 'docker-unavailable' });
});
