import { createTaskReport } from '../../module/tasks/report.ts';
import type { TaskView } from '../../module/tasks/task.ts';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const view = (id: string, more: Partial<TaskView> = {}): TaskView => ({
  status: 'Running',
  message: '',
  correlationId: id,
  method: 'UploadSupportBundle',
  startedAt: '2026-01-01T00:00:00.000Z',
  ...more,
});

test('the newest five are reported, small whatever a step says, and only when they have changed', async () => {
  let tasks = Array.from({ length: 9 }, (_, index) => view(`id-${index}`, { step: 'x'.repeat(9000), percent: 33.3 }));
  const reported: (readonly object[])[] = [];
  const report = createTaskReport(
    () => tasks,
    async (newest) => void reported.push(newest),
    20,
  );
  report.changed();
  await wait(40);
  expect(reported).toEqual([]);
  report.connected();
  expect(reported).toHaveLength(1);
  expect(reported[0]).toHaveLength(5);
  expect(reported[0]?.[0]).toMatchObject({ id: 'id-0', status: 'Running', percent: 33 });
  expect(JSON.stringify(reported[0]).length).toBeLessThan(2048);
  report.changed();
  await wait(60);
  expect(reported).toHaveLength(1);
  tasks = [view('new'), ...tasks];
  report.changed();
  await wait(60);
  expect(reported).toHaveLength(2);
  report.disconnected();
});

test('many changes are few reports, and the last state is among them', async () => {
  let percent = 0;
  const reported: (readonly object[])[] = [];
  const report = createTaskReport(
    () => [view('a', { percent })],
    async (newest) => void reported.push(newest),
    50,
  );
  report.connected();
  for (; percent < 100; percent += 1) {
    report.changed();
    await wait(1);
  }
  await wait(120);
  expect(reported.length).toBeLessThan(8);
  expect(reported.at(-1)).toMatchObject([{ percent: 100 }]);
  report.disconnected();
});

test('after a reconnect the twin is told again', () => {
  const reported: unknown[] = [];
  const report = createTaskReport(
    () => [view('a')],
    async (newest) => void reported.push(newest),
    50,
  );
  report.connected();
  report.disconnected();
  report.connected();
  expect(reported).toHaveLength(2);
  report.disconnected();
});

test('a patch that got lost is sent again', async () => {
  let lost = 1;
  const reported: unknown[] = [];
  const report = createTaskReport(
    () => [view('a', { status: 'Completed' })],
    async (newest) => {
      lost -= 1;
      if (lost >= 0) throw new Error('no connection');
      reported.push(newest);
    },
    20,
  );
  report.connected();
  await wait(60);
  expect(reported).toHaveLength(1);
  report.disconnected();
});
