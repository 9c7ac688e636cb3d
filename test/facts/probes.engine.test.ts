import type { LocalEdge } from '../../sim/edge.ts';
import { hostSecrets } from '../../sim/host.ts';
import { startTestEdge } from '../support/local-edge.ts';

/* The module in its container, which starts helper containers of its own image on the same engine. */

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startTestEdge();
  await edge.startModule({ as: 'container' });
}, 120_000);
afterAll(async () => {
  await edge?.stop();
}, 60_000);

interface CheckAnswer {
  readonly checks: Record<string, { result: { result: string; details?: string[] }; reason?: string; why?: string }>;
}

const runCheck = async (request: object = {}) => (await edge.invoke('RunCheck', request)).payload as CheckAnswer;
const label = { label: ['edge-support.helper'] };
const helpers = () => edge.engine.docker.listContainers({ all: true, filters: JSON.stringify(label) });

test('RunCheck reads the host through a helper container, of which nothing is left, and no secret comes out', async () => {
  const { checks } = await runCheck();
  const outcome = (id: string) => checks[id]?.reason ?? checks[id]?.result.result;
  console.log(
    JSON.stringify(
      Object.fromEntries(
        Object.entries(checks).map(([id, c]) => [
          id,
          c.reason ? `${c.reason}: ${c.why}` : `${c.result.result} ${c.result.details ?? ''}`,
        ]),
      ),
      null,
      1,
    ),
  );
  expect(outcome('container-engine-logrotate')).toBe('warning');
  expect(await helpers()).toEqual([]);
  for (const secret of Object.values(hostSecrets)) expect(JSON.stringify(checks)).not.toContain(secret);
}, 60_000);
