import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModuleClient } from 'azure-iot-device';
import { connectHub } from '../../cli/hub.ts';
import { dispatch } from '../../module/methods/index.ts';
import { connectModule } from '../sim/support/device.ts';
import { DEVICE, MODULE, startTestHub, type TestHub } from '../sim/support/hub.ts';
import { archive, context, folders, noise, sha256, storageOf } from '../storage/support/archive.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

const newFolder = folders();
const script = join(import.meta.dirname, '../../cli/download.ts');

let local: TestHub;
let client: ModuleClient;
let folder = '';
const own = archive(noise(250_000));

beforeAll(async () => {
  folder = await newFolder();
  local = await startTestHub(31);
  await writeFile(join(folder, 'root.pem'), local.pki.rootCertificate);
  const storage = storageOf({ folder });
  await storage.deliver(own, context());
  const parts = services({ docker: memoryDocker({}), storage });
  client = await connectModule(local.environment(MODULE));
  client.onMethod('DownloadArchive', (request, response) => {
    const payload = Buffer.from(JSON.stringify(request?.payload));
    void dispatch({ name: 'DownloadArchive', payload }, parts).then(({ status, body }) => response?.send(status, body));
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
});

afterAll(async () => {
  await client?.close();
  await local?.stop();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], connectionString = local.hub.serviceConnectionString): Promise<Ended> {
  const env = {
    PATH: process.env.PATH,
    NODE_EXTRA_CA_CERTS: join(folder, 'root.pem'),
    IOTHUB_CONNECTION_STRING: connectionString,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: folder, env, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

test('an archive comes from the device through the hub, checked, under its own name', async () => {
  const ended = await run(['--device', DEVICE, '--module', MODULE, '--task', own.taskId]);
  const file = join(folder, own.name().split('/').at(-1) ?? '');
  const body = await readFile(file);
  expect(ended).toEqual({ code: 0, stdout: `${file}: 250000 bytes, sha256 ${sha256(body)}\n`, stderr: '' });
  expect(local.hub.events.filter(({ type }) => type === 'methodRequest')).toHaveLength(3);
});

test('what went wrong is one sentence, and exit code 1', async () => {
  const unknown = await run(['--device', DEVICE, '--module', MODULE, '--task', 'nobody']);
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^No archive of the task nobody lies on/) });
  const device = await run(['--device', 'other', '--task', 'x']);
  expect(device).toMatchObject({
    code: 1,
    stderr: 'IoT Hub refused DownloadArchive (404): 404001 Device other not registered\n',
  });
  const wrongKey = local.hub.serviceConnectionString.replace(/SharedAccessKey=.*/, 'SharedAccessKey=d3Jvbmc=');
  expect(await run(['--device', DEVICE, '--task', 'x'], wrongKey)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^IoT Hub refused DownloadArchive \(401\): ErrorCode:IotHubUnauthorizedAccess;Unauthorized$/m,
    ),
  });
});

test('wrong usage is told with the usage, and exit code 2', async () => {
  expect(await run([])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^--device and --task must be given\.\n\nUsage:/),
  });
  expect(await run(['--device', 'd', '--task', 't'], 'nonsense')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^The connection string must have HostName/),
  });
});

interface Sent {
  readonly url: string;
  readonly authorization: string;
}

/** Invokes Ping at a hub that gives these answers. */
async function pingAt(...answers: readonly (Response | Error)[]) {
  const sent: Sent[] = [];
  const invoke = connectHub({
    connectionString: 'HostName=hub.example;SharedAccessKeyName=service;SharedAccessKey=c2VjcmV0',
    device: 'a#b',
    module: 'edgeSupport',
    pauseMs: 1,
    send: async (url, init) => {
      sent.push({ url: String(url), authorization: new Headers(init?.headers).get('authorization') ?? '' });
      const answer = answers[sent.length - 1];
      if (answer instanceof Response) return answer;
      throw answer ?? new Error('no more answers');
    },
  });
  const result = await invoke('Ping', {}).catch((error: Error) => error.message);
  return { sent, result };
}

const away = () => Response.json({ Message: '{"errorCode":404103,"message":"not online"}' }, { status: 404 });
const slow = () => Response.json({ Message: '{"errorCode":504101,"message":"timed out"}' }, { status: 504 });

test('a module that is away or slow is tried again', async () => {
  const good = Response.json({ status: 200, payload: { ok: true } });
  const { sent, result } = await pingAt(away(), slow(), new TypeError('fetch failed'), good);
  expect(result).toEqual({ status: 200, payload: { ok: true } });
  expect(sent).toHaveLength(4);
  expect(sent[0]?.url).toBe('https://hub.example/twins/a%23b/modules/edgeSupport/methods?api-version=2021-04-12');
  expect(sent[0]?.authorization).toMatch(/^SharedAccessSignature sr=hub\.example&sig=[^&]+&se=\d+&skn=service$/);
});

test('not for ever, and a refusal is not', async () => {
  const never = await pingAt(away(), away(), away(), away(), away());
  expect(never).toMatchObject({ result: 'IoT Hub refused Ping (404): 404103 not online', sent: { length: 5 } });
  const refused = await pingAt(Response.json({ Message: 'ErrorCode:NotFound;nothing' }, { status: 404 }));
  expect(refused).toMatchObject({
    result: 'IoT Hub refused Ping (404): ErrorCode:NotFound;nothing',
    sent: { length: 1 },
  });
  const lost = new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND hub.example') });
  const unreachable = await pingAt(lost, lost, lost, lost, lost);
  expect(unreachable.result).toBe('hub.example cannot be reached: getaddrinfo ENOTFOUND hub.example');
});
