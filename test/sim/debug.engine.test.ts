import { type LocalEdge, startLocalEdge } from '../../sim/edge.ts';
import { testEngine } from '../support/local-edge.ts';

let edge: LocalEdge;
afterEach(() => edge?.stop(), 30_000);

test('for a debugger the sources run, and answer, with an inspector on this machine only', async () => {
  edge = await startLocalEdge({ engine: testEngine(), workloads: false });
  const module = await edge.startModule({ as: 'process', inspectPort: 0 });
  const port = /Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(await module.log())?.[1];
  const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  expect(targets).toMatchObject([{ url: expect.stringMatching(/\/module\/main\.ts$/) }]);
  expect((await edge.invoke('Ping')).status).toBe(200);
}, 60_000);
