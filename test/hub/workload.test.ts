import { createHmac } from 'node:crypto';
import { createWorkload } from '../../module/hub/workload.ts';
import { startWorkload } from '../../sim/workload.ts';
import { MODULE, startTestHub, type TestHub, until } from '../sim/support/hub.ts';
import { startModule } from './support/module.ts';

let local: TestHub;

beforeAll(async () => {
  local = await startTestHub(34);
});

afterEach(() => {
  Object.assign(local.workload.faults, { refuse: false, delayMs: 0, status: undefined, closeWithoutAnswer: false });
});

afterAll(() => local.stop());

function client({ uri = local.workload.uri, limitMs = 400 } = {}) {
  return createWorkload({ uri, moduleId: MODULE, generationId: local.hub.register(MODULE).generationId, limitMs });
}

test('it signs with the key of the module and hands out the trust bundle', async () => {
  const data = Buffer.from('to be signed');
  const key = Buffer.from(local.hub.register(MODULE).key, 'base64');
  expect(await client().sign(data)).toEqual(createHmac('sha256', key).update(data).digest());
  expect(await client().trustBundle()).toBe(local.pki.rootCertificate);
});

test('an http address is as good as a socket', async () => {
  const workload = await startWorkload({ listen: { host: '127.77.34.9', port: 0 }, pki: local.pki, hub: local.hub });
  expect(await client({ uri: workload.uri }).trustBundle()).toBe(local.pki.rootCertificate);
  await workload.stop();
});

test('a call that is closed without an answer is made again until it is answered', async () => {
  local.workload.faults.closeWithoutAnswer = true;
  const signing = client({ limitMs: 3000 }).sign(Buffer.from('x'));
  setTimeout(() => {
    local.workload.faults.closeWithoutAnswer = false;
  }, 150);
  expect(await signing).toHaveLength(32);
});

test('forty calls at once are all answered, though ten are the most that are taken', async () => {
  local.workload.faults.delayMs = 20;
  const signing = Array.from({ length: 40 }, (_, at) => client({ limitMs: 5000 }).sign(Buffer.from(`${at}`)));
  expect(new Set((await Promise.all(signing)).map((one) => one.toString('hex'))).size).toBe(40);
});

test.each([
  ['slow', { delayMs: 1000 }, 'Asking the workload API for a signature did not finish within 400 ms.'],
  ['closing', { closeWithoutAnswer: true }, 'Asking the workload API for a signature did not finish within 400 ms.'],
  ['refusing', { refuse: true }, 'Asking the workload API for a signature did not finish within 400 ms.'],
  ['failing', { status: 403 }, /^The workload API gave no answer for a signature: status 403, /],
] as const)('a %s service is an error within the limit', async (_, faults, message) => {
  Object.assign(local.workload.faults, faults);
  const started = performance.now();
  const expected = { message: typeof message === 'string' ? message : expect.stringMatching(message) };
  await expect(client().sign(Buffer.from('x'))).rejects.toMatchObject(expected);
  expect(performance.now() - started).toBeLessThan(800);
});

test('no socket, and no address, are named', async () => {
  await expect(client({ uri: 'unix:///nowhere/workload.sock' }).trustBundle()).rejects.toThrow(
    /^The workload API gave no answer for the trust bundle: (Error: )?connect ENOENT \/nowhere\/workload.sock\.$/,
  );
  await expect(client({ uri: '' }).trustBundle()).rejects.toThrow(
    'IOTEDGE_WORKLOADURI must be a unix:// or http:// address, got "".',
  );
});

test('a call ends with its caller', async () => {
  local.workload.faults.delayMs = 1000;
  const reason = new Error('stopped');
  await expect(client().trustBundle(AbortSignal.abort(reason))).rejects.toBe(reason);
});

test.each([
  ['refuses', { refuse: true }],
  ['is slow', { delayMs: 3000 }],
  ['closes without an answer', { closeWithoutAnswer: true }],
] as const)('a module whose workload API %s connects within 1.5 s of the cure', async (_, faults) => {
  Object.assign(local.workload.faults, faults);
  const module = startModule(local, { limits: { openMs: 300 } });
  const failure = 'warning Connecting to edgeHub failed';
  await until('a failure', () => module.log.lines.some((line) => line.startsWith(failure)));
  Object.assign(local.workload.faults, { refuse: false, delayMs: 0, closeWithoutAnswer: false });
  await until('the connection', () => module.state() === 'open', 1500);
  await module.stop();
});
