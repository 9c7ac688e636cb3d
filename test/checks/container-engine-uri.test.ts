import { containerEngineUri } from '../../module/checks/container-engine-uri.ts';
import { late, options, value } from './support/readings.ts';

const address = 'unix:///var/run/docker.sock';
const judge = (error: string, at = address) =>
  containerEngineUri.judge({ engineVersion: value({ address: at, error }) }, options);

test('an engine that answers is ok, with both versions of its API', () => {
  const version = { version: '27.0.0', apiVersion: '1.46', minApiVersion: '1.24', os: 'linux', arch: 'amd64' };
  expect(containerEngineUri.judge({ engineVersion: value({ address, version }) }, options)).toEqual({
    status: 'ok',
    info: { docker_host_arg: address, docker_server_version: '27.0.0', api_version: '1.46', min_api_version: '1.24' },
  });
});

test('F34: one whose socket is not bound is an error with the cause', () => {
  expect(judge('connect ENOENT')).toMatchObject({
    status: 'failed',
    details: [
      `Could not communicate with container engine at ${address}.\n` +
        'Please check your moby-engine installation and ensure the service is running.',
      'connect ENOENT',
    ],
    info: { docker_host_arg: address, docker_server_version: null },
  });
});

test('F35: a socket that may not be used is an error with the hint, not the end of the run', () => {
  const verdict = judge('connect EACCES /var/run/docker.sock: permission denied');
  expect(verdict).toMatchObject({ status: 'failed' });
  expect(verdict).toHaveProperty(
    ['details', 0],
    expect.stringMatching(/\nYou might need to run this command as root\.$/),
  );
});

test('a scheme that no engine has', () => {
  expect(judge('unused', 'ftp://engine')).toMatchObject({
    status: 'failed',
    details: ['Could not communicate with container engine at ftp://engine. The scheme ftp is invalid.'],
  });
});

test('an engine that hangs is an error as well, and a run that ended early is a skip', () => {
  expect(judge('Asking for its version did not finish within 8 s.')).toMatchObject({ status: 'failed' });
  expect(containerEngineUri.judge({ engineVersion: late }, options)).toMatchObject({
    status: 'skipped',
    reason: 'deadline',
  });
});

test('F36: an engine whose oldest API is newer than what we speak is an error with both versions', () => {
  const version = { version: '40.0.0', apiVersion: '1.70', minApiVersion: '1.60', os: 'linux', arch: 'amd64' };
  expect(containerEngineUri.judge({ engineVersion: value({ address, version }) }, options)).toMatchObject({
    status: 'failed',
    details: [
      expect.stringMatching(/ 40\.0\.0 wants at least version 1\.60 of its API; edge-support speaks up to 1\.47/),
    ],
    info: { api_version: '1.70', min_api_version: '1.60' },
  });
});
