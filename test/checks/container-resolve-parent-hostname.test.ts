import { containerResolveParentHostname } from '../../module/checks/container-resolve-parent-hostname.ts';
import { readFacts } from '../../module/facts/index.ts';
import { worldWith } from '../facts/support/world.ts';
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
      bridgeUpstream: noEngine,
      edgeContainers: noEngine,
      ...parts,
    },
    options,
  );

test('a parent that resolves is ok, also without the engine', () => {
  expect(judge({})).toEqual({ status: 'ok', info: { addresses: ['10.0.0.1'] } });
});

test('F38: a parent that no name server knows is an error, wherever it is looked up', async () => {
  const env = { parentHostname: 'parent.invalid' };
  const facts = await readFacts(containerResolveParentHostname.needs, worldWith({ env }));
  expect(containerResolveParentHostname.judge(facts, options)).toMatchObject({
    status: 'failed',
    details: ['Failed to resolve parent hostname parent.invalid', expect.stringContaining('parent.invalid')],
  });
});

test('the original looks it up from the default bridge, where the answer may be another', () => {
  const unknown = { bridgeUpstream: unresolved };
  expect(judge(unknown)).toMatchObject({ status: 'ok', iotedgeCheck: 'error', info: { addresses: ['10.0.0.1'] } });
  expect(judge({ upstream: unresolved, bridgeUpstream: upstream() })).toMatchObject({
    status: 'failed',
    iotedgeCheck: 'ok',
    details: [expect.any(String), expect.any(String), 'From the default bridge it can be resolved.'],
  });
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

test('F39: without a parent, or with its address, there is nothing to resolve', () => {
  expect(judge({ environment: environment() }).status).toBe('ignored');
  expect(judge({ environment: environment({ parentHostname: '10.0.0.1' }) }).status).toBe('ignored');
});

test('a look-up that was not done is a skip', () => {
  expect(judge({ upstream: late })).toMatchObject({ status: 'skipped', reason: 'deadline' });
});
