import { createSecret } from '../../module/hub/secret.ts';
import { MODULE, startTestHub } from '../sim/support/hub.ts';

test('the secret is the same after a restart, of this module alone, and does not show its key', async () => {
  const local = await startTestHub(61);
  try {
    const of = (moduleId: string) => {
      const { generationId, key } = local.hub.register(moduleId);
      return { key, secret: createSecret({ workloadUri: local.workload.uri, moduleId, generationId }) };
    };
    const [first, again, other] = [of(MODULE), of(MODULE), of('other')];
    const secret = Buffer.from(await first.secret());
    expect(secret).toHaveLength(32);
    expect(Buffer.from(await again.secret())).toEqual(secret);
    expect(Buffer.from(await other.secret())).not.toEqual(secret);
    expect(secret.toString('base64')).not.toBe(first.key);
  } finally {
    await local.stop();
  }
});

test('without a workload API the connection string’s key serves; with neither one sentence says so', async () => {
  const connectionString = 'HostName=h;DeviceId=d;ModuleId=m;SharedAccessKey=a2V5;GatewayHostName=g';
  expect(Buffer.from(await createSecret({ moduleId: 'm', connectionString })()).toString()).toBe('key');
  await expect(createSecret({ moduleId: 'm' })()).rejects.toMatchObject({ code: 'unavailable' });
});
