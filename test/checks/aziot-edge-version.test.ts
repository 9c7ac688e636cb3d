import { aziotEdgeVersion } from '../../module/checks/aziot-edge-version.ts';
import type { Reading } from '../../module/facts/fact.ts';
import type { Facts } from '../../module/facts/index.ts';
import { environment, hostSystem, late, latest, noHost, options, value } from './support/readings.ts';

const answered = (version: string): Reading<Facts['management']> =>
  value({ path: '/var/run/iotedge/mgmt.sock', modules: 3, version, tookMs: 5 });
const facts = {
  environment: environment(),
  management: answered('1.5.20'),
  hostSystem: hostSystem(),
  latestVersions: latest('1.5.21', '1.6.1'),
};
const judge = (more: Partial<typeof facts>) => aziotEdgeVersion.judge({ ...facts, ...more }, options);

test('F41: edged 1.5.20 where the list says 1.5.21 is the original warning with both', () => {
  expect(judge({})).toMatchObject({
    status: 'warning',
    details: [
      'Installed IoT Edge daemon has version 1.5.20 but 1.5.21 is the latest stable version available.\n' +
        'Please see https://aka.ms/iotedge-update-runtime for update instructions.',
    ],
    info: { actual_version: '1.5.20', expected_version: '1.5.21', read_from: "edged's management API" },
  });
});

test('F42: a release that is not in the list is the original error', () => {
  expect(judge({ management: answered('1.4.33 (abc)') })).toMatchObject({
    status: 'failed',
    details: [
      'could not find aziot-edge version 1.4.x in list of supported products at https://aka.ms/azure-iotedge-latest-versions',
    ],
  });
});

test('F43: a nested device without an expected version is ignored, with one it is compared', () => {
  const nested = environment({ parentHostname: 'parent' });
  expect(judge({ environment: nested }).status).toBe('ignored');
  const expected = { ...options, expectedVersions: { 'aziot-edge': '1.5.20' } };
  expect(aziotEdgeVersion.judge({ ...facts, environment: nested }, expected).status).toBe('ok');
});

test('the package counts where edged does not answer', () => {
  expect(judge({ management: noHost })).toMatchObject({ status: 'ok', info: { actual_version: '1.5.21' } });
  expect(judge({ management: noHost, hostSystem: noHost })).toMatchObject({ reason: 'host-access-off' });
});

test('without the list it is skipped with the original words and verdict', () => {
  const problem = { kind: 'status', status: 403, why: 'aka.ms answered 403' } as const;
  expect(judge({ latestVersions: value({ url: 'https://aka.ms/', problem }) })).toMatchObject({
    status: 'skipped',
    why: expect.stringMatching(
      /^Error while fetching latest versions of edge components: response failed with status code 403: /,
    ),
    iotedgeCheck: 'error',
  });
  expect(judge({ latestVersions: late })).toMatchObject({ status: 'skipped', reason: 'version-unknown' });
});
