import { containerResolveParentHostname } from '../../module/checks/container-resolve-parent-hostname.ts';
import { container, containers, environment, late, noEngine, options, upstream } from './support/readings.ts';

const unresolved = upstream({
  host: 'parent.lan',
  nested: true,
  lookup: { error: 'ENOTFOUND parent.lan', durationMs: 1 },
});
const judge = (parts: Partial<Parameters<typeof containerResolveParentHostname.judge>[0]>) =>
  containerResolveParentHostname.judge(
    {
      environment: environment({ parentHostname: 'parent.lan' }),
      upstream: upstream({ nested: true }),
      edgeContainers: noEngine,
      ...parts,
    },
    options,
  );

test('a parent that resolves is ok, also without the engine', () => {
  expect(judge({})).toEqual({ status: 'ok', info: { addresses: ['10.0.0.1'] } });
});

test('one that does not is an error with the cause', () => {
  expect(judge({ upstream: unresolved })).toMatchObject({
    status: 'failed',
    details: ['Failed to resolve parent hostname parent.lan', 'ENOTFOUND parent.lan'],
  });
});

test("one that edgeAgent's extra hosts name is ok", () => {
  const agent = container('edgeAgent', { extraHosts: ['Parent.lan:10.0.0.9'] });
  expect(judge({ upstream: unresolved, edgeContainers: containers(agent) })).toMatchObject({
    status: 'ok',
    info: { edgeAgent_extra_host: 'Parent.lan:10.0.0.9' },
  });
});

test('without a parent, or with its address, there is nothing to resolve', () => {
  expect(judge({ environment: environment() }).status).toBe('ignored');
  expect(judge({ environment: environment({ parentHostname: '10.0.0.1' }) }).status).toBe('ignored');
});

test('a look-up that was not done is a skip', () => {
  expect(judge({ upstream: late })).toMatchObject({ status: 'skipped', reason: 'deadline' });
});
