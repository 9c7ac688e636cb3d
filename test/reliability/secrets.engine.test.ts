import { randomBytes } from 'node:crypto';
import { plantedSecrets } from '../../sim/workloads.ts';
import { type Device, startDevice, talker } from '../support/device.ts';
import { filesBelow, findSecrets, unpacked, type Written } from '../support/secret-scan.ts';
import { taskOf } from '../support/task.ts';

/*
 * Secrets are planted wherever the module meets some: in requests, in its environment, in its twin, in other modules'
 * environments. Then everything is done with them that can fail, and everything is searched that the module wrote.
 */

let device: Device;

const key = () => randomBytes(64).toString('base64');
const planted = {
  environmentKey: key(),
  twinKey: key(),
  // No character of it means anything in a pattern.
  regexKey: randomBytes(32).toString('hex'),
  proxyPassword: `proxy-${randomBytes(12).toString('hex')}`,
};

beforeAll(async () => {
  device = await startDevice({ lines: 30_000 });
}, 90_000);

afterAll(async () => {
  await device?.stop();
  await device?.end();
}, 30_000);

test('no secret is in anything that the module wrote', async () => {
  const { blob, hub, moduleId, engine } = device.edge;
  const written: Written[] = [];
  const keep = (place: string, value: unknown) =>
    void written.push({ place, content: Buffer.from(JSON.stringify(value) ?? '') });
  const call = async (method: string, payload: object) => {
    const answer = await device.invoke(method, { schemaVersion: '1.0', ...payload });
    keep(`answer of ${method}`, answer);
    return answer;
  };
  const account = (accountKey: string) =>
    `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${accountKey};BlobEndpoint=${new URL('..', blob.containerUrl).href}`;
  const look = async (when: string) => {
    for (const file of await filesBelow(device.dataDir)) written.push({ ...file, place: `${file.place}, ${when}` });
  };

  hub.register(moduleId);
  hub.patchDesired(moduleId, { storage: { connectionString: account(planted.twinKey), container: 'support' } });
  const module = await device.start({
    as: 'container',
    env: {
      EDGE_SUPPORT_STORAGE_CONNECTION_STRING: account(planted.environmentKey),
      https_proxy: `http://edge:${planted.proxyPassword}@${engine.uplink.gateway}:3128`,
      RuntimeLogLevel: 'debug',
    },
  });
  const good = blob.containerSasUrl();
  const bad = blob
    .containerSasUrl()
    .replace(/sig=[^&]+/, `sig=${encodeURIComponent(randomBytes(32).toString('base64'))}`);

  // A bundle that is held up in its middle, while the folder is looked into, and killed.
  const held = blob.faults.at({ kind: 'stage', nth: 2 }, 'lost', Number.POSITIVE_INFINITY);
  const first = await device.upload({ sasUrl: good, requestId: 'first' });
  await held.hit();
  await look('held up');
  keep('status, held up', await first.status());
  await device.kill();
  await look('killed');
  await blob.faults.heal();
  keep('status at the end', await first.finished());
  await device.onlyBlob(await first.status());

  // One that is refused, and one with the key of the twin, which is refused too.
  const refused = await device.upload({ sasUrl: bad });
  const told = await refused.until(
    'it is refused',
    ({ status, step = '', message }) => status === 'Failed' || /refused|SAS/.test(step + message),
  );
  keep('status, refused', told);
  await look('refused');
  const byTwin = await call('UploadSupportBundle', { edgeRuntimeOnly: true });
  const second = taskOf(byTwin.payload, device.invoke);
  const toldByTwin = await second.until(
    'it is refused',
    ({ status, step = '', message }) => status === 'Failed' || /refused/.test(step + message),
  );
  keep('status with the key of the twin', toldByTwin);

  // One that waits for storage, is resumed, and one that is cancelled.
  await blob.faults.gone();
  const items = { id: talker, filter: { tail: 1000, regex: `SharedAccessKey=${planted.regexKey}|temperature|INF` } };
  const logs = taskOf(
    (await call('UploadModuleLogs', { sasUrl: good, items, encoding: 'gzip', contentType: 'text' })).payload,
    device.invoke,
  );
  keep('status, waiting', await logs.until('it waits', ({ step = '' }) => step.startsWith('waiting for storage:')));
  await look('waiting');
  await blob.faults.heal();
  await call('ResumeTask', { correlationId: logs.id, sasUrl: good });
  keep('status of logs', await logs.finished());
  await call('CancelTask', { correlationId: refused.id });
  await call('CancelTask', { correlationId: second.id });

  // Requests that are refused at once, and the answers that quote most.
  await call('UploadSupportBundle', { sasUrl: `${good}&se=2020-01-01`, since: `SharedAccessKey=${planted.regexKey}` });
  await call('UploadModuleLogs', {
    sasUrl: good,
    items: { id: talker, filter: { regex: `(SharedAccessKey=${planted.regexKey}` } },
  });
  await call('GetModuleLogs', {
    items: { id: talker, filter: { tail: 5, regex: `SharedAccessKey=${planted.regexKey}` } },
    contentType: 'text',
  });
  await call('ListTasks', {});
  await call('RunCheck', {});
  // One whose whole answer is stored, one in the background that is refused.
  const answered = await call('RunCheck', { sasUrl: good, sections: ['Configuration checks'] });
  const { whole } = answered.payload as { whole: { correlationId: string } };
  const stored = taskOf({ status: 'Running', correlationId: whole.correlationId }, device.invoke);
  keep('status of the whole answer', await stored.finished());
  const behind = taskOf(
    (await call('RunCheck', { sasUrl: bad, background: true, checks: ['clock-jump'] })).payload,
    device.invoke,
  );
  keep(
    'status of checks, refused',
    await behind.until('it is refused', ({ step = '', message }) => /refused/.test(step + message)),
  );
  await look('checks refused');

  await look('at the end');
  written.push({ place: 'log', content: Buffer.from(await module.log()) });
  keep('reported properties', hub.twin(moduleId).reported);
  for (const { name } of await blob.list()) written.push({ place: `blob ${name}`, content: await blob.download(name) });

  const secrets: Record<string, string> = { ...planted, ...plantedSecrets };
  for (const [name, url] of Object.entries({ good, bad })) {
    secrets[`signature of the ${name} SAS`] = new URL(url).searchParams.get('sig') ?? '';
  }
  // That the search would find something: a blob is there, the journal is there, and the log speaks of the tasks.
  const places = written.map(({ place }) => place).join('\n');
  expect(places).toContain('.zip');
  expect(places).toMatch(/held up/);
  expect((await module.log()).length).toBeGreaterThan(500);
  expect(findSecrets(await unpacked(written), secrets)).toEqual([]);
}, 90_000);
