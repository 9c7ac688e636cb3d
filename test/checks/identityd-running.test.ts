import { checks } from '../../module/checks/index.ts';
import { hostSockets, noHost, options } from './support/readings.ts';

const check = checks.find(({ id }) => id === 'identityd-running');

test('identityd is judged by its own socket; keyd-running.test.ts has the rest', () => {
  const judge = (path: string) =>
    check?.judge({ workload: noHost, hostSockets: hostSockets(path) } as never, options).status;
  expect(judge('/run/aziot/identityd.sock')).toBe('failed');
  expect(judge('/run/aziot/keyd.sock')).toBe('ok');
});
