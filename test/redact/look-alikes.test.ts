import { createRedactor } from '../../module/redact/redact.ts';

const redactor = createRedactor({ key: Buffer.alloc(32, 7), known: () => [] });

/** Lines as modules, daemons and engines print them, in which nothing is secret although something looks like it. */
const lines = [
  '<6> 2026-11-25 15:58:24.066 +00:00 [INF] - [Audit] method=Ping status=200 seconds=0 outcome=ok',
  '<6> 2026-11-25 15:58:24.066 +00:00 [INF] - Starting Azure IoT Edge Hub, version 1.5.21.75434121 (c1bf5c8f5c8f4a7d9e0f1a2b3c4d5e6f7a8b9c0d)',
  '<7> 2026-11-25 15:58:24.066 +00:00 [DBG] - Cloud connection for device edge-1/$edgeHub is still valid, token expires in 3600 seconds',
  '<6> 2026-11-25 15:58:24.066 +00:00 [INF] - Obtained new token for client edge-1/filter, will be refreshed',
  '<4> 2026-11-25 15:58:24.066 +00:00 [WRN] - Error getting token: timeout after 30 s',
  '<4> 2026-11-25 15:58:24.066 +00:00 [WRN] - Token bucket is empty, throttling; tokens: 0, tokens=12, maxTokens: 500',
  'info: Microsoft.Azure.Devices.Edge.Hub.Core.DeviceScopeIdentitiesCache[0] continuation token: null',
  'System.Threading.Tasks.TaskCanceledException: CancellationToken: System.Threading.CancellationToken',
  'Could not load file or assembly System.Memory, Version=4.0.1.1, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51',
  'HostName=hub.azure-devices.net;SharedAccessKeyName=iothubowner',
  'password: incorrect',
  'Invalid password: user admin was not found, passwords do not match',
  'Password authentication is disabled; passwordless login is on',
  'secret: none; secretRef: azure-key-vault; secrets=[]; apiKey=null; api_key: undefined; "password": "", "token": null',
  'The key is not valid for use in specified state',
  'keyd: loaded key with ID "device-id"; keys: aziot-edged-ca, iotedge_master_encryption_id',
  'module edgeHub has image sha256:0b3faac28f89a86d27b47a45268d5212e7df18190f4e292ad1f7334bd20b370f',
  'ETag: "0x8DC3A1B2C3D4E5F", Content-MD5: rL0Y20zC+Fzt72VPzMSk2A==, x-ms-request-id: 5f2b8a3c-9d4e-4f60-a1b2-c3d4e5f60718',
  'integrity sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==',
  'sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  // Base64 whose end happens to look like the name of a pre-shared key.
  'fWx/pFMh/dWA9kMeEUyy3Ekp/VjQGC8BAwkEc555PSk=e+/vS7cLwEXnXrkap901Uii+/kkvWSBR0k4+xo5OKKk=',
  '-----BEGIN CERTIFICATE-----',
  'MIIBhTCCASugAwIBAgIQIRi6zePL6mKjOipn+dNuaTAKBggqhkjOPQQDAjASMRAwDgYDVQQKEwdBY21lIENv',
  '-----END CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY-----',
  'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=',
  '-----END PUBLIC KEY-----',
  'connected to https://example.azure-devices.net:443/devices?api-version=2021-04-12, from 192.168.1.20:50412 and [fe80::1]:443',
  'GET https://mcr.microsoft.com/v2/azureiotedge-agent/manifests/1.5 HTTP/1.1 401',
  'user@host.example logged in; mail to operator@example.com; git@github.com:Azure/iotedge.git',
  'design=modern-and-simple-and-long; sig=short; significance=0123456789abcdef0123',
  'x?signal=0123456789abcdef0123456789&st=2026-01-01T00:00:00Z&se=2026-01-02T00:00:00Z&sp=cw',
  '{"messageId":"5f2b8a3c-9d4e-4f60-a1b2-c3d4e5f60718","temperature":21.5,"humidity":40,"pressure":"1.02e5","seq":4711}',
  '{"iothub-connection-auth-method":"{\\"scope\\":\\"module\\",\\"type\\":\\"sas\\",\\"issuer\\":\\"iothub\\"}"}',
  'Basic configuration loaded; bearer of bad news; Basic authentication; bearer authentication required',
  'The tokenizer read 12 tokens; monkey=banana; turkey: sandwich; keyboard=present; hockey-stick: curved',
  'partitionKey=edge-device-1, rowKey: 2026-11-25, foreign_key=orders_id, primary key constraint, sort-key: name',
  'var/lib/aziot/keyd/keys/aziotedgedca-5f2b8a3c9d4e4f60a1b2c3d4e5f60718.key',
  'journal: Reached target network-online; pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)',
  'MQTT CONNECT clientId=edge-1/$edgeAgent username=hub.azure-devices.net/edge-1/$edgeAgent/?api-version=2018-06-30',
  'Modbus register 40001=0x1F2E3D4C, CRC=ABCD1234, payload=AQIDBAUGBwgJCgsMDQ4PEA==',
  'Asia/Tokyo, EurAsia, akia is a word; ghp_ is a prefix, npm_config_cache=/root/.npm, AIza is short',
  'tests: pass=12 fail=0; bypass: on; compass=NNW; passed: 3; pass: true; "pass": true; passenger=Smith',
  'private_key = $dir/private/cakey.pem; secret=$SECRET_FROM_VAULT, password=$\u007bDB_PASSWORD}, "token": "<token>"',
  '{"password":"","secret":null,"token":"{{token}}","apiKey":"[redacted]"}; tokens: 4096; maxTokens=12345678',
  'exit code=137, ?code=404, &key=edge-device-1, errorcode=0x80070005; curl -u is missing; wget -U agent/1.0',
  'the element <passwords/> and <token></token>; SESSION_KEY; deviceKeyCount=3; session key exchange',
  'backup~ of /etc/fstab~, ~/.ssh/config, 8Q~ and a~b; SG.1 rack, hvs.x, pypi-server 1.0, sk-learn',
  '-----BEGIN CERTIFICATE REQUEST----- and PRIVATE KEY in prose, no key at all',
  'Basic%20configuration, Bearer%20token, user:name@host, 12:30:45 --key',
  'fWx/pFMh/dWA9kMeEUyy3Ekp/VjQGC8BAwkEc555PSk=e+/vS7cLwEXnXrkap901Uii+/kkvWSBR0k4+xo5OKKk=',
  'authorization: denied; Authorization=Policy1; authorization: edge-device-1/module-one; "authorization": "x509Certificate"',
  'Authorization: required for /devices/edge-device-1/modules/filter/twin, authorization-policy: deny-all-operations',
  'Cookie: not set; cookies: enabled=true; cookie: theme=dark; lang=en-US; Set-Cookie: consent=given; Path=/; Max-Age=31536000',
  'https://edge-device-1@hub.example/x https://jane.doe@git.example/ ssh://git@github.com https://operator_account_one@h/',
  'GET /api?code=MicrosoftAzureDevicesEdgeAgentCore&key=EdgeHubConnectionStatusReason&code=ERROR_DEVICE_NOT_FOUND_IN_HUB',
  'a line with odd bytes \u0000\u0001\u00ff é ‹ 🙂 › and no end',
];

test.each(lines.map((line) => [line]))('unharmed: %s', (line) => {
  expect(redactor.text(line)).toBe(line);
});

test('all of them together pass through a stream byte for byte, however it is cut', async () => {
  const whole = Buffer.from(`${lines.join('\n')}\n`.repeat(3));
  for (const size of [1, 7, 64, 1000, whole.length]) {
    const chunks = (async function* () {
      for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
    })();
    const parts: Uint8Array[] = [];
    for await (const part of redactor.stream(chunks)) parts.push(part);
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
  }
});

test('scope strict takes no private, documentation or version numbers for addresses', () => {
  for (const text of [
    '10.1.2.3 172.16.0.1 192.168.0.1 127.0.0.1 169.254.1.1 100.64.0.1 0.0.0.0 255.255.255.255 224.0.0.1',
    'version 1.5.21.75434121, 300.1.2.3, Version=4.0.1.1, "version": "1.5.21.7", v4.8.0.12, a.1.2.3.4',
    '192.0.2.1 198.51.100.7:443 203.0.113.9',
    'at 15:58:24.066',
    'fe80::1 ::1 fd00::1 ff02::1',
  ]) {
    expect(redactor.text(text, 'strict')).toBe(text);
  }
});
