import { checks } from '../../module/checks/index.ts';
import { hostSockets, noHost, options } from './support/readings.ts';

const check = checks.find(({ id }) => id === 'certd-running');

test('certd is judged by its own socket; keyd-running.test.ts has the rest', () => {
  const judge = (path: string) =>
    check?.judge({ workload: noHost, hostSockets: hostSockets(path) } as never, options).status;
  expect(judge('/run/aziot/certd.sock')).toBe('failed');
  expect(judge('/run/aziot/keyd.sock')).toBe('ok');
});
