import { connectManagementUri } from '../../module/checks/connect-management-uri.ts';
import type { Reading } from '../../module/facts/fact.ts';
import type { Facts } from '../../module/facts/index.ts';
import { noHost, options, value } from './support/readings.ts';

const path = '/var/run/iotedge/mgmt.sock';
const uris = (connectManagementUri: string, listenManagementUri: string) =>
  value({ edged: { value: { connectManagementUri, listenManagementUri } } } as Facts['hostConfig']);
const usual = uris(`unix://${path}`, 'fd://aziot-edged.mgmt.socket');
const answered: Reading<Facts['management']> = value({ path, modules: 3, version: '1.5.21', tookMs: 5 });
const judge = (hostConfig: Reading<Facts['hostConfig']>, management: Reading<Facts['management']> = answered) =>
  connectManagementUri.judge({ hostConfig, management }, options);

test('an edged that answers is ok, whether its configuration is known or not', () => {
  expect(judge(usual)).toEqual({
    status: 'ok',
    info: {
      connect_management_uri: `unix://${path}`,
      listen_management_uri: 'fd://aziot-edged.mgmt.socket',
      socket: path,
      modules: 3,
      duration_ms: 5,
    },
  });
  expect(judge(noHost).status).toBe('ok');
  expect(judge(uris(`unix://${path}`, `unix://${path}`)).status).toBe('ok');
});

test('F40: an edged that hangs is an error', () => {
  const hung = value({ path, error: 'GET /modules did not finish within 5 s', tookMs: 5001 });
  expect(judge(usual, hung)).toMatchObject({
    status: 'failed',
    details: [expect.stringContaining(path), 'GET /modules did not finish within 5 s'],
  });
});

test.each([
  [
    'unix:///a',
    'http://b',
    'configuration has invalid combination of schemes for connect.management_uri ("unix") and listen.management_uri ("http")',
  ],
  ['fd://a', 'fd://a', 'Could not parse connect.management_uri: scheme fd is invalid'],
  ['unix://', 'fd://a', 'Could not parse connect.management_uri: does not represent a valid file path'],
])('%s with %s is the original error', (connect, listen, text) => {
  expect(judge(uris(connect, listen))).toMatchObject({ status: 'failed', details: [text] });
});

test('an API over the network is not asked, and without the host it is skipped', () => {
  const http = uris('http://10.0.0.1:15580', 'http://10.0.0.1:15580');
  expect(judge(http, noHost)).toMatchObject({ status: 'skipped', reason: 'not-supported' });
  expect(judge(noHost, noHost)).toMatchObject({ status: 'skipped', reason: 'host-access-off' });
});
