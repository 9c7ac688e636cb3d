import common from 'azure-iot-common';
import { readLogin, readSas, sasFault } from '../../sim/hub/auth.ts';

const key = Buffer.alloc(32, 7).toString('base64');
const resource = 'hub.example/devices/dev/modules/mod';

function token(options: { resource?: string; secs?: number; key?: string; keyName?: string } = {}): string {
  const expires = Math.floor(Date.now() / 1000) + (options.secs ?? 60);
  const sr = encodeURIComponent(options.resource ?? resource);
  return common.SharedAccessSignature.create(sr, options.keyName ?? '', options.key ?? key, expires).toString();
}

test("the SDK's own token opens its resource", () => {
  const sas = readSas(token());
  expect(sas?.resource).toBe(resource);
  expect(sasFault(sas, resource, key)).toBeUndefined();
  expect(sasFault(sas, resource.toUpperCase(), key)).toBeUndefined();
  expect(readSas(token({ keyName: 'iothubowner' }))?.keyName).toBe('iothubowner');
});

test.each([
  ['another module', { resource: `${resource}2` }, /expected a token for/],
  ['another key', { key: Buffer.alloc(32, 8).toString('base64') }, /signature/],
  ['the past', { secs: -1 }, /expired/],
])('a token for %s is refused', (_, options, why) => {
  expect(sasFault(readSas(token(options)), resource, key)).toMatch(why);
});

test.each([undefined, '', 'Bearer x', 'SharedAccessSignature sr=a&sig=b', 'SharedAccessSignature sr=%&sig=b&se=1'])(
  '%s is no token',
  (text) => {
    expect(readSas(text)).toBeUndefined();
    expect(sasFault(readSas(text), resource, key)).toMatch(/expected a shared access signature/);
  },
);

test('a changed expiry breaks the signature', () => {
  const later = token().replace(/se=\d+/, `se=${Math.floor(Date.now() / 1000) + 9999}`);
  expect(sasFault(readSas(later), resource, key)).toMatch(/signature/);
});

test('a login names hub, device and module', () => {
  expect(readLogin('dev/mod', 'hub.example/dev/mod/?api-version=2021-04-12&DeviceClientType=x')).toEqual({
    hub: 'hub.example',
    deviceId: 'dev',
    moduleId: 'mod',
  });
});

test.each([
  ['dev', 'hub/dev/mod/?api-version=1'],
  ['dev/mod/x', 'hub/dev/mod/?api-version=1'],
  ['dev/mod', undefined],
  ['dev/mod', 'hub/dev/?api-version=1'],
  ['dev/mod', 'hub/dev/other/?api-version=1'],
  ['dev/mod', 'hub/dev/mod/?x=1'],
])('client %s with user %s is refused', (clientId, userName) => {
  expect(typeof readLogin(clientId, userName)).toBe('string');
});
