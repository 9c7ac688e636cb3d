import type { LocalEdge } from '../../sim/edge.ts';
import { emulateArm64 } from '../../sim/engine/emulation.ts';
import { waitFor } from '../../sim/wait.ts';
import { startTestEdge } from '../support/local-edge.ts';

/** Under emulation everything takes some ten times as long, and qemu needs memory for what it has translated. */
const limitMs = 120_000;

let edge: LocalEdge;
let takeBack: (() => Promise<void>) | undefined;
beforeAll(async () => {
  takeBack = await emulateArm64();
  edge = await startTestEdge();
  await edge.startModule({ as: 'container', platform: 'arm64v8', memoryMb: 1024, readyMs: limitMs });
}, 240_000);
afterAll(async () => {
  await edge?.stop();
  await takeBack?.();
}, 60_000);

const invoke = (method: string, payload: object) => edge.invoke(method, payload, { timeoutSecs: limitMs / 1000 });

test(
  'what runs is Node for arm64, in the image made by Dockerfile.arm64v8',
  async () => {
    const image = await edge.engine.docker.getImage('edge-support:sim-arm64v8').inspect();
    const container = edge.engine.docker.getContainer(edge.moduleId);
    expect((await container.inspect()).Image).toBe(image.Id);
    const exec = await container.exec({ Cmd: ['node', '-p', 'process.arch'], AttachStdout: true, Tty: true });
    let text = '';
    for await (const part of await exec.start({ Tty: true })) text += part;
    expect(text.trim()).toBe('arm64');
  },
  limitMs,
);

test(
  'GetModuleLogs',
  async () => {
    const { status, payload } = await invoke('GetModuleLogs', {
      schemaVersion: '1.0',
      items: { id: 'edgeHub', filter: { tail: 20 } },
      contentType: 'text',
    });
    expect(status).toBe(200);
    expect(JSON.stringify(payload)).toMatch(/<\d> .* \[(INF|WRN|ERR|DBG)\] - /);
  },
  limitMs,
);

test(
  'RunCheck, with helper containers of the same image',
  async () => {
    const { status, payload } = await invoke('RunCheck', { timeoutSecs: 100 });
    expect(status).toBe(200);
    expect(JSON.stringify(payload)).toContain('host-connect-iothub-mqtt');
  },
  limitMs,
);

test(
  'RestartModule',
  async () => {
    const { status, payload } = await invoke('RestartModule', {
      schemaVersion: '1.0',
      id: 'SimulatedTemperatureSensor',
    });
    expect({ status, payload }).toMatchObject({ status: 200, payload: { after: { state: 'running' } } });
  },
  limitMs,
);

test(
  'UploadSupportBundle, which is whole in Blob Storage',
  async () => {
    const sasUrl = edge.blob.containerSasUrl();
    const { payload } = await invoke('UploadSupportBundle', { schemaVersion: '1.0', sasUrl, since: '1h' });
    const { correlationId } = payload as { correlationId: string };
    const ended = async () => {
      const answer = await invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
      return (answer.payload as { status: string }).status === 'Running' ? undefined : answer.payload;
    };
    expect(await waitFor('the bundle', ended, { limitMs, everyMs: 500 })).toMatchObject({ status: 'Completed' });
    const [zip] = await edge.blob.list();
    expect(zip?.name).toMatch(/\.zip$/);
  },
  limitMs,
);
