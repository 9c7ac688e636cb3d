import { edgeAgentStorageMountedFromHost } from '../../module/checks/edge-agent-storage-mounted-from-host.ts';
import type { EdgeContainer, EdgeMount } from '../../module/facts/edge-containers.ts';
import { container, containers, noEngine, options } from './support/readings.ts';

const judge = (more: Partial<EdgeContainer>) =>
  edgeAgentStorageMountedFromHost.judge({ edgeContainers: containers(container('edgeAgent', more)) }, options);
const bind = (destination: string): EdgeMount => ({ type: 'bind', source: '/host', destination });
const volume = (destination: string, name: string): EdgeMount => ({
  type: 'volume',
  source: '/v',
  destination,
  volume: name,
});

test('F50: nothing mounted is a warning that names the default directory', () => {
  expect(judge({})).toMatchObject({
    status: 'warning',
    details: [
      'The edgeAgent module is not configured to persist its /tmp/edgeAgent directory on the host filesystem.\n' +
        'Data might be lost if the module is deleted or updated.\n' +
        'Please see https://aka.ms/iotedge-storage-host for best practices.',
    ],
    info: { storage_directory: '/tmp/edgeAgent', container_directories: [] },
  });
});

test('F51: a bind above the storage folder is ok', () => {
  expect(judge({ storageFolder: '/data', mounts: [bind('/data')] })).toEqual({
    status: 'ok',
    info: { storage_directory: '/data/edgeAgent', container_directories: ['/data'] },
  });
  expect(judge({ storageFolder: '/data/', mounts: [bind('/data/edgeAgent/')] }).status).toBe('ok');
  expect(judge({ storageFolder: '/data/deep', mounts: [volume('/data', 'edge-storage')] }).status).toBe('ok');
});

test('F52: only whole names count: /dat does not hold /data', () => {
  expect(judge({ storageFolder: '/data', mounts: [bind('/dat'), bind('/data/edgeAgent2')] }).status).toBe('warning');
});

test.each<[string, Partial<EdgeContainer>]>([
  ['a volume without a name', { mounts: [volume('/data', 'a'.repeat(64))] }],
  ['a volume of the image only', { volumes: ['/data'] }],
  ['memory', { mounts: [{ type: 'tmpfs', source: '', destination: '/data' }] }],
  ['memory below a bind', { mounts: [bind('/'), { type: 'tmpfs', source: '', destination: '/data' }] }],
])('%s is lost with the container: a warning where the original says ok', (_, more) => {
  expect(judge({ storageFolder: '/data', ...more })).toMatchObject({ status: 'warning', iotedgeCheck: 'ok' });
});

test('without the engine it is skipped', () => {
  expect(edgeAgentStorageMountedFromHost.judge({ edgeContainers: noEngine }, options)).toMatchObject({
    status: 'skipped',
    reason: 'docker-unavailable',
  });
});
