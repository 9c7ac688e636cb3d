import { moduleHealth } from '../../module/checks/module-health.ts';
import { container, containers, noEngine, options, value } from './support/readings.ts';

const lastErrors = value({ lines: { ailing: 'cannot reach the database' } });

test('healthy, starting, stopped and unchecked modules are fine', () => {
  const edgeContainers = containers(
    container('a', { health: 'healthy' }),
    container('b', { health: 'starting' }),
    container('c', { health: 'unhealthy', state: 'exited' }),
    container('d'),
  );
  expect(moduleHealth.judge({ edgeContainers, lastErrors }, options)).toEqual({
    status: 'ok',
    info: { health: { a: 'healthy', b: 'starting' }, without_health_check: ['d'] },
  });
});

test('an unhealthy one is an error with the last error line', () => {
  const edgeContainers = containers(container('ailing', { health: 'unhealthy' }));
  expect(moduleHealth.judge({ edgeContainers, lastErrors }, options)).toMatchObject({
    status: 'failed',
    details: ['ailing runs, and its health check fails. Its last error line: cannot reach the database'],
  });
  expect(moduleHealth.judge({ edgeContainers, lastErrors: noEngine }, options)).toMatchObject({
    details: ['ailing runs, and its health check fails.'],
  });
});

test('skipped without the engine', () => {
  expect(moduleHealth.judge({ edgeContainers: noEngine, lastErrors }, options)).toMatchObject({
    reason: 'docker-unavailable',
  });
});
