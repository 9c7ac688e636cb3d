import { createKnownSecrets } from '../../module/redact/known.ts';

test('secrets of the environment are known by name, in connection strings and in URLs', () => {
  const { list } = createKnownSecrets({
    STORAGE_PASSWORD: 'correct-horse',
    EdgeHubConnectionString: 'HostName=h;DeviceId=d;SharedAccessKey=a2V5a2V5a2V5',
    https_proxy: 'http://user:hunter2hunter2@proxy:3128',
    TARGET: 'https://acc.blob.core.windows.net/c?sp=cw&sig=c2lnbmF0dXJl%3D',
    IOTEDGE_DEVICEID: 'device-1',
  });
  expect(list().toSorted()).toEqual([
    'HostName=h;DeviceId=d;SharedAccessKey=a2V5a2V5a2V5',
    'a2V5a2V5a2V5',
    'c2lnbmF0dXJl%3D',
    'correct-horse',
    'hunter2hunter2',
  ]);
});

test('what a variable says beside a secret is none; what holds one among other things is looked through', () => {
  const { list } = createKnownSecrets({
    TOKEN_ENDPOINT: 'https://login.example/oauth2',
    PASSWORD_FILE: '/run/secrets/password',
    PRIVATE_KEY: '/etc/edge/device.key.pem',
    TOKEN_EXPIRY_SECONDS: '3600 seconds',
    SECRET_NAME: 'edge-secret',
    DB_PASSWORD: 'password',
    PWD: '/app/work',
    DB_PASS: 'hunter-one',
    MASTER_KEY: 'hunter-two',
    SETTINGS: '{"broker":{"password":"hunter-three"}}',
    ARGUMENTS: '--api-key=hunter-four1 --verbose',
    SIGN_IN: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkZXZpY2UifQ.c2lnbmF0dXJl',
  });
  expect(list().toSorted()).toEqual([
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkZXZpY2UifQ.c2lnbmF0dXJl',
    'hunter-four1',
    'hunter-one',
    'hunter-three',
    'hunter-two',
  ]);
});

test('settings that have a word for secrets in their names are not looked for everywhere', () => {
  const { list } = createKnownSecrets({
    TOKEN_CACHE: 'disabled',
    ENABLE_TOKEN: 'Disabled',
    SECRET_BACKEND: 'kubernetes',
    CREDENTIAL_SOURCE: 'environment',
    API_KEY_HEADER: 'Ocp-Apim-Subscription-Key',
    TOKEN_HEADER: 'Authorization',
    TOKEN_SCOPE: 'https://management.azure.com/.default',
    KEYVAULT_SECRET_VERSION: '20260101',
    PASSWORDLESS: 'everywhere',
    TOKENIZER: 'wordpiece',
    // These are.
    DB_PASSWORD_PROD: 'Hunter-1-one',
    SECRET_KEY_BASE: 'a3f0c9d2e1',
    DB_PASSWORD_2: 'swordfish-two',
    PASSWORDS: 'swordfish,three',
  });
  expect(list().toSorted()).toEqual(['Hunter-1-one', 'a3f0c9d2e1', 'swordfish,three', 'swordfish-two']);
});

test('the password of a proxy without a scheme is known; what is a token already is none', () => {
  expect(
    createKnownSecrets({ HTTPS_PROXY: 'edge:hunter-one@proxy:3128', DB_PASSWORD: '‹secret:0123456789ab›' }).list(),
  ).toEqual(['hunter-one']);
});

test('secrets of requests are remembered, the newest of them', () => {
  const known = createKnownSecrets({});
  for (let index = 0; index < 60; index += 1) {
    known.add(`signature-${index}`);
    // One that is used again and again stays.
    known.add('signature-3');
  }
  expect(known.list()).toHaveLength(50);
  expect(known.list().slice(-2)).toEqual(['signature-59', 'signature-3']);
  expect(known.list()).not.toContain('signature-4');
});
