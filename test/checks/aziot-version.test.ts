import { aziotVersion } from '../../module/checks/aziot-version.ts';
import { plainVersion } from '../../module/checks/package-version.ts';
import type { ListProblem } from '../../module/facts/latest-versions.ts';
import { environment, hostSystem, late, latest, noHost, options, value } from './support/readings.ts';

const facts = { environment: environment(), hostSystem: hostSystem(), latestVersions: latest('1.5.6') };
const judge = (more: Partial<typeof facts>, own = options) => aziotVersion.judge({ ...facts, ...more }, own);

test('the newest of its release is ok', () => {
  expect(judge({})).toEqual({
    status: 'ok',
    info: {
      actual_version: '1.5.6',
      expected_version: '1.5.6',
      read_from: 'the package aziot-identity-service 1.5.6-1',
    },
  });
});

test('an older one is the original warning', () => {
  expect(judge({ latestVersions: latest('1.4.9', '1.5.7') })).toMatchObject({
    status: 'warning',
    details: [
      'Installed aziot-identity-service package has version 1.5.6 but 1.5.7 is the latest stable version available.\n' +
        'Please see https://aka.ms/aziot-update-runtime for update instructions.',
    ],
  });
});

test("the caller's version is compared instead, without the list", () => {
  const expecting = (version: string) => ({ ...options, expectedVersions: { 'aziot-identity-service': version } });
  expect(judge({ latestVersions: late }, expecting('1.5.6')).status).toBe('ok');
  expect(judge({ latestVersions: late }, expecting('1.5.5')).status).toBe('warning');
});

test('F43: a nested device without an expected version is ignored', () => {
  const nested = environment({ parentHostname: 'parent' });
  expect(judge({ environment: nested, latestVersions: late }).status).toBe('ignored');
  const expected = { ...options, expectedVersions: { 'aziot-identity-service': '1.5.6' } };
  expect(judge({ environment: nested }, expected).status).toBe('ok');
});

test.each<[ListProblem, string]>([
  [{ kind: 'timeout', why: 'late' }, 'could not query https://list/ for latest available version: late.'],
  [{ kind: 'no-answer', why: 'refused' }, 'could not query https://list/ for latest available version: refused.'],
  [{ kind: 'status', status: 503, why: 'busy' }, 'received unexpected response 503: busy.'],
  [{ kind: 'no-location', why: 'x' }, 'received HTTP redirect response without location header: x.'],
  [{ kind: 'unreadable', why: 'x' }, 'could not read HTTP response: x.'],
])('a list that cannot be had (%j) says nothing of the device', (problem, why) => {
  expect(judge({ latestVersions: value({ url: 'https://list/', problem }) })).toMatchObject({
    status: 'skipped',
    reason: 'version-unknown',
    why: expect.stringContaining(why),
    iotedgeCheck: 'error',
  });
});

test.each([
  [noHost, 'host-access-off'],
  [hostSystem({ packages: { unknown: 'rpm' } }), 'version-unknown'],
  [hostSystem({ packages: { versions: {} } }), 'version-unknown'],
])('without an installed version it is skipped: %j', (system, reason) => {
  expect(judge({ hostSystem: system })).toMatchObject({ status: 'skipped', reason });
});

test.each([
  ['1.5.21-1', '1.5.21'],
  ['1.5.0~rc1-1', '1.5.0-rc1'],
  ['1:1.5.2', '1.5.2'],
])('the Debian version %s is %s', (debian, plain) => {
  expect(plainVersion(debian)).toBe(plain);
});
