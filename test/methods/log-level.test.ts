import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { environment, services } from '../support/services.ts';

async function call(name: string, payload: object) {
  const own = services({ docker: memoryDocker({}) });
  const answer = await dispatch({ name, payload: Buffer.from(JSON.stringify(payload)) }, own);
  return { ...answer, lines: own.log.lines };
}

test('the level of this module is set at once', async () => {
  const { status, body, lines } = await call('SetLogLevel', { level: 'debug' });
  expect({ status, body }).toEqual({ status: 200, body: { id: environment.moduleId, level: 'debug', done: true } });
  expect(lines).toContain('info The level is debug.');
});

test('for edgeHub the change of the deployment is told; others set their own', async () => {
  expect(await call('SetLogLevel', { level: 'debug', id: 'edgeHub' })).toMatchObject({
    status: 200,
    body: {
      done: false,
      change: {
        path: 'modulesContent.$edgeAgent.properties.desired.systemModules.edgeHub.env.RuntimeLogLevel',
        value: { value: 'debug' },
      },
    },
  });
  expect(await call('SetLogLevel', { level: 'debug', id: 'filter' })).toMatchObject({ status: 400 });
  expect(await call('SetLogLevel', { level: 'loud' })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('level must be one of') },
  });
});

test.each(['SystemRestart', 'SystemStop', 'SystemSetLogLevel', 'ConfigApply'])(
  '%s does nothing, and says why and the commands',
  async (name) => {
    const { status, body } = await call(name, {});
    expect({ status, body }).toEqual({
      status: 200,
      body: { done: false, reason: expect.any(String), commands: expect.any(Array) },
    });
    expect((body as { commands: string[] }).commands[0]).toMatch(/^iotedge /);
  },
);
