import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

/*
 * What a module serves is foreign: its page must not be the end of this one, which has 128 MB.
 */

const running = { state: 'running', startedAt: '' } as const;

/** What GetMetrics answers of a module that serves this page, and how often it was asked for it. */
async function metricsOf(page: string, payload: object) {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end(page);
  }).listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const own = services({ docker: memoryDocker({ localhost: { ...running } }) });
  const text = JSON.stringify({ ids: ['localhost', 'localhost'], port, ...payload });
  const answer = await dispatch({ name: 'GetMetrics', payload: Buffer.from(text) }, own);
  server.closeAllConnections();
  server.close();
  return { answer, asked };
}

test('a page larger than any module needs is refused, and asked for once', async () => {
  const { answer, asked } = await metricsOf(`up{n="1"} 1\n`.repeat(400_000), {});
  expect(answer).toMatchObject({
    status: 200,
    body: { metrics: { localhost: { error: expect.stringContaining('the answer is longer than 4 MB') } } },
  });
  expect(asked).toBe(1);
});

test('a filter that would take for ever is refused in a sentence', async () => {
  const { answer } = await metricsOf(`${'a'.repeat(40)}_: 1\n`, { filter: '(a+)+$' });
  expect(answer).toEqual({
    status: 400,
    body: { message: expect.stringMatching(/^filter: .* took more than 200 ms on the names of the metrics\. /) },
  });
});
