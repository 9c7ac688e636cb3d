import { Counter, Gauge, type Registry } from 'prom-client';

/** What happened to a task: it began (also: went on after a restart), or ended so. */
export type TaskEvent = 'Started' | 'Completed' | 'Failed' | 'Cancelled';

/** Work in the background. `running` has the method of each task that runs. */
export function createTaskMetrics(registry: Registry, running: () => readonly string[]) {
  const registers = [registry];
  const started = new Counter({
    name: 'edge_support_tasks_started_total',
    help: 'Tasks that began, or went on after a restart of this module, by method.',
    labelNames: ['method'],
    registers,
  });
  const ended = new Counter({
    name: 'edge_support_tasks_ended_total',
    help: 'Tasks that ended, by method and by how: Completed, Failed or Cancelled.',
    labelNames: ['method', 'status'],
    registers,
  });
  new Gauge({
    name: 'edge_support_tasks_running',
    help: 'Tasks that run now or wait for storage, by method.',
    labelNames: ['method'],
    registers,
    collect() {
      this.reset();
      for (const method of running()) this.inc({ method });
    },
  });
  return {
    task(method: string, event: TaskEvent): void {
      if (event === 'Started') started.inc({ method });
      else ended.inc({ method, status: event });
    },
  };
}
