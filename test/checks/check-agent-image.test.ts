import { checkAgentImage } from '../../module/checks/check-agent-image.ts';
import type { AgentImageReading } from '../../module/facts/agent-image.ts';
import type { Reading } from '../../module/facts/fact.ts';
import type { Facts } from '../../module/facts/index.ts';
import { environment, noEngine, noHost, options, value } from './support/readings.ts';

const image = 'mcr.microsoft.com/azureiotedge-agent:1.5';
const bootstrap = (agentImage: string) => value({ edged: { value: { agentImage } } } as Facts['hostConfig']);
const answered = (state: AgentImageReading['state'], more: Partial<AgentImageReading> = {}) =>
  value({ image, state, ...more });
const judge = (
  agentImage: Reading<AgentImageReading>,
  hostConfig: Reading<Facts['hostConfig']> = noHost,
  parentHostname?: string,
) =>
  checkAgentImage.judge(
    { agentImage, hostConfig, environment: environment(parentHostname === undefined ? {} : { parentHostname }) },
    options,
  );

test('an image that the registry has is ok, and the bootstrap image is named', () => {
  const other = 'mcr.microsoft.com/azureiotedge-agent:1.4';
  expect(judge(answered('found', { digest: 'sha256:1' }), bootstrap(other))).toEqual({
    status: 'ok',
    info: { asked_image: image, bootstrap_image: other, registry_answer: 'found', digest: 'sha256:1' },
  });
});

test('F54: a tag that the registry does not have is the original error', () => {
  expect(judge(answered('not-found', { why: 'manifest unknown' }))).toMatchObject({
    status: 'failed',
    details: ['Failed to get edge Agent image', 'manifest unknown'],
    fix: expect.stringContaining(image),
  });
});

test.each([
  ['parent:443/azureiotedge-agent:1.1', 'failed'],
  ['$upstream:443/azureiotedge-agent:1.1.15', 'failed'],
  ['parent:443/azureiotedge-agent:1.2', 'ok'],
  ['parent:443/azureiotedge-agent:1.10', 'ok'],
  ['parent:443/my-agent:0.9', 'ok'],
  ['parent:443/azureiotedge-agent:latest', 'ok'],
])('F55: nested, bootstrap image %s: %s', (name, status) => {
  const verdict = judge(answered('found'), bootstrap(name), 'parent');
  expect(verdict.status).toBe(status);
  if (status === 'failed') {
    expect(verdict).toHaveProperty(['details', 0], 'In nested Edge, edgeAgent version need to be 1.2 or above');
  }
  expect(judge(answered('found'), bootstrap(name)).status).toBe('ok');
});

test('a registry that wants credentials is not judged, one that is away is a warning', () => {
  expect(judge(answered('denied'))).toMatchObject({ status: 'skipped', reason: 'not-supported' });
  expect(judge(answered('denied'), bootstrap(image))).toMatchObject({
    status: 'ok',
    info: { indirect: expect.any(String) },
  });
  expect(judge(answered('unreachable', { why: 'no such host' }))).toMatchObject({
    status: 'warning',
    details: ['Failed to get edge Agent image', 'no such host', expect.any(String)],
    iotedgeCheck: 'error',
  });
  expect(judge(noEngine)).toMatchObject({ status: 'skipped', reason: 'docker-unavailable' });
});
