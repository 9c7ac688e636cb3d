import { edgeHubStorageMountedFromHost } from '../../module/checks/edge-hub-storage-mounted-from-host.ts';
import { container, containers, options, value } from './support/readings.ts';

test('it is about edgeHub and its own directory', () => {
  const hub = container('edgeHub', {
    storageFolder: '/iotedge/storage',
    mounts: [{ type: 'bind', source: '/iotedge/storage', destination: '/iotedge/storage' }],
  });
  expect(edgeHubStorageMountedFromHost.judge({ edgeContainers: containers(hub) }, options)).toMatchObject({
    status: 'ok',
    info: { storage_directory: '/iotedge/storage/edgeHub' },
  });
});

test('F53: an edgeHub that is not created yet is a warning, where the original has an error', () => {
  const verdict = edgeHubStorageMountedFromHost.judge({ edgeContainers: containers(container('edgeAgent')) }, options);
  expect(verdict).toMatchObject({
    status: 'warning',
    details: ['Could not check current state of edgeHub container', expect.stringContaining('not created yet')],
    iotedgeCheck: 'error',
  });
});

test('one that cannot be inspected is an error', () => {
  const edgeContainers = value({ containers: [], unreadable: [{ name: 'edgeHub', why: 'the engine answered 500' }] });
  expect(edgeHubStorageMountedFromHost.judge({ edgeContainers }, options)).toMatchObject({
    status: 'failed',
    details: ['Could not check current state of edgeHub container', 'the engine answered 500'],
  });
});
