import { SupportError } from '../../module/base/errors.ts';
import type { ContainerInspect } from '../../module/docker/docker.ts';
import { createEngine } from '../../module/docker/engine.ts';
import { readFacts } from '../../module/facts/index.ts';
import { type FakeEngine, fakeEngine, sendJson } from '../docker/support/fake-engine.ts';
import { dockerWith, worldWith } from './support/world.ts';

const image = 'registry.example:5000/azureiotedge-agent:1.5';
const asked = `/distribution/${image}/json`;
const agent = { '/containers/edgeAgent/json': sendJson({ Config: { Image: image } }) };

const read = async ({ dockerHost }: FakeEngine, limitMs = 5000) =>
  (await readFacts(['agentImage'], worldWith({ docker: createEngine(dockerHost) }), { limitMs })).agentImage;

test('the registry has it: its digest, and nothing was pulled', async () => {
  const answer = sendJson({ Descriptor: { digest: 'sha256:abc' }, Platforms: [] });
  await using engine = await fakeEngine({ ...agent, [asked]: answer });
  expect(await read(engine)).toMatchObject({ value: { image, state: 'found', digest: 'sha256:abc' } });
  expect(engine.asked.filter((one) => !one.startsWith('GET '))).toEqual([]);
});

test.each([
  [404, 'manifest unknown', 'not-found'],
  [401, 'unauthorized: authentication required', 'denied'],
  [403, 'denied: requested access to the resource is denied', 'denied'],
  [500, 'Get "https://registry.example/v2/": unauthorized: authentication required', 'denied'],
  [500, 'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host', 'unreachable'],
])('%i %s is %s', async (status, message, state) => {
  await using engine = await fakeEngine({ ...agent, [asked]: sendJson({ message }, status) });
  expect(await read(engine)).toMatchObject({ value: { image, state, why: expect.stringContaining(message) } });
});

test('a registry that does not answer ends within the limit', async () => {
  await using engine = await fakeEngine({ ...agent, [asked]: () => {} });
  expect(await read(engine, 500)).toMatchObject({
    value: { state: 'unreachable', why: expect.stringContaining('400 ms') },
  });
});

test('without an edgeAgent there is no image to ask for', async () => {
  const inspect = async (): Promise<ContainerInspect> => {
    throw new SupportError('not-found', 'no such container');
  };
  const { agentImage } = await readFacts(['agentImage'], worldWith({ docker: dockerWith({ inspect }) }));
  expect(agentImage).toMatchObject({ unavailable: 'unknown' });
});
