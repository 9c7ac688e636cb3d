import type { SupportError } from '../../module/base/errors.ts';
import { resolveConfig } from '../../module/config/config.ts';
import { addressOf, findTarget } from '../../module/storage/target.ts';

const now = new Date('2026-06-01T12:00:00Z');
const sas = 'https://acc.blob.core.windows.net/support?sv=2025-01-05&sr=c&sp=cw&sig=a%2Bb%3D';

function find(desired: object, sasUrl?: string, parentHostname?: string) {
  const { values, refused } = resolveConfig({}, desired as Record<string, unknown>);
  expect(refused).toEqual({});
  const secrets: string[] = [];
  const target = findTarget(
    {
      env: parentHostname === undefined ? {} : { parentHostname },
      settings: () => values,
      policy: () => values,
      remember: (secret) => void secrets.push(secret),
    },
    sasUrl,
    now,
  );
  return { target, secrets: secrets.filter(Boolean) };
}

test('without a sasUrl and without settings there is no target', () => {
  expect(find({}).target).toBeUndefined();
});

test("a request's SAS goes before the settings; its signature is remembered as written and as read", () => {
  const { target, secrets } = find({ storage: { accountUrl: 'https://other.example' } }, sas);
  expect(target).toMatchObject({ from: 'sasUrl' });
  expect(secrets).toEqual(['a+b=', 'a%2Bb%3D']);
});

test('a SAS in the settings is a target, and messages name the setting', () => {
  expect(find({ storage: { sasUrl: sas } }).target?.from).toBe('storage.sasUrl');
  const read = () => find({ storage: { sasUrl: sas.replace('sp=cw', 'sp=r') } });
  expect(read).toThrow('storage.sasUrl grants only "r"; create (c) and write (w) are needed.');
});

test.each([
  ['AccountName=acc;AccountKey=c2VjcmV0a2V5', 'https://acc.blob.core.windows.net/edge-support'],
  [
    'DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=c2VjcmV0a2V5;EndpointSuffix=x.test',
    'http://acc.blob.x.test/edge-support',
  ],
  ['AccountName=acc;AccountKey=c2VjcmV0a2V5;BlobEndpoint=http://blob:11002/acc;', 'http://blob:11002/acc/edge-support'],
])('connection string %s', (connectionString, href) => {
  const { target, secrets } = find({ storage: { connectionString } });
  expect(target?.container.href).toBe(href);
  expect(target?.credential).toEqual({ account: 'acc', key: 'c2VjcmV0a2V5' });
  expect(secrets).toEqual(['c2VjcmV0a2V5']);
});

test('a connection string with a SAS', () => {
  const connectionString = 'BlobEndpoint=https://acc.x.test/;SharedAccessSignature=sv=1&srt=co&sp=cw&sig=abcdefgh%3D';
  const { target, secrets } = find({ storage: { connectionString, container: 'mine' } });
  expect(target?.container.href).toBe('https://acc.x.test/mine?sv=1&srt=co&sp=cw&sig=abcdefgh%3D');
  expect(target?.credential).toBeUndefined();
  expect(secrets).toEqual(expect.arrayContaining(['abcdefgh=', 'abcdefgh%3D']));
});

test.each([
  [
    { connectionString: 'AccountName=acc' },
    'storage.connectionString has no AccountKey or SharedAccessSignature; expected',
  ],
  [{ connectionString: 'AccountKey=c2VjcmV0a2V5' }, 'storage.connectionString has no AccountName; expected'],
  [{ accountUrl: 'acc' }, 'storage.accountUrl names no http(s) URL; expected'],
])('%j is refused without being quoted', (storage, message) => {
  expect(() => find({ storage })).toThrow(message);
  expect(() => find({ storage })).not.toThrow(/c2VjcmV0a2V5/);
});

test('an account URL is opened with the device’s identity', () => {
  const { target } = find({ storage: { accountUrl: 'https://acc.blob.core.windows.net/', container: 'c' } });
  expect(target).toMatchObject({ credential: 'identity', from: 'storage.accountUrl' });
  expect(target?.container.href).toBe('https://acc.blob.core.windows.net/c');
});

test('$upstream stands for the parent in every kind of target', () => {
  const through = (desired: object, sasUrl?: string) => find(desired, sasUrl, 'parent.example').target?.container.host;
  expect(through({}, 'https://$upstream:8000/acc/c?sig=x')).toBe('parent.example:8000');
  expect(through({ storage: { sasUrl: 'https://$upstream:8000/acc/c?sig=x' } })).toBe('parent.example:8000');
  expect(through({ storage: { accountUrl: 'https://$upstream:8000/acc' } })).toBe('parent.example:8000');
  const connectionString = 'AccountName=a;AccountKey=c2VjcmV0a2V5;BlobEndpoint=http://$upstream:8000/a';
  expect(through({ storage: { connectionString } })).toBe('parent.example:8000');
});

test('the owner says to which hosts, and whether over plain http', () => {
  const code = (desired: object, sasUrl: string) => {
    try {
      find(desired, sasUrl);
      return 'allowed';
    } catch (error) {
      return `${(error as SupportError).code}: ${(error as Error).message}`;
    }
  };
  const hosts = { policy: { uploadHosts: ['*.core.windows.net'] } };
  expect(code(hosts, sas)).toBe('allowed');
  expect(code(hosts, sas.replace('acc.blob.core.windows.net', 'evil.example'))).toMatch(
    /^forbidden: Uploading to evil\.example is not allowed on this device \(setting policy\.uploadHosts/,
  );
  const https = { policy: { httpsOnly: true } };
  expect(code(https, sas)).toBe('allowed');
  expect(code(https, sas.replace('https:', 'http:'))).toMatch(
    /^forbidden: Uploading to acc\.blob\.core\.windows\.net over plain http is not allowed on this device \(setting policy\.httpsOnly/,
  );
});

test('names that mean something else in a URL are encoded', () => {
  const { target } = find({}, sas);
  if (!target) throw new Error('no target');
  expect(addressOf(target, 'hub/dev#1%/a b.zip')).toBe(
    'https://acc.blob.core.windows.net/support/hub/dev%231%25/a%20b.zip',
  );
});
