import { SupportError } from '../../module/base/errors.ts';
import type { ContainerInspect, EngineInfo } from '../../module/docker/docker.ts';
import { hostPaths, readKnownDevice } from '../../module/facts/known-device.ts';
import { dockerWith } from './support/world.ts';

const container = (env: readonly string[], mounts: readonly [source: string, destination: string][]) =>
  ({
    Config: { Env: env },
    Mounts: mounts.map(([Source, Destination]) => ({ Source, Destination })),
  }) as unknown as ContainerInspect;

const deviceWith = (containers: Readonly<Record<string, ContainerInspect>>) =>
  dockerWith({
    info: async () => ({ dockerRootDir: '/srv/docker' }) as EngineInfo,
    inspect: async (name) => {
      const found = containers[name];
      if (found) return found;
      throw new SupportError('not-found', `No such container: ${name}`);
    },
  });

const signal = new AbortController().signal;

test('the storage folders and the management socket are the sources of what the runtime has mounted', async () => {
  const docker = deviceWith({
    edgeAgent: container(
      ['StorageFolder=/iotedge/storage/'],
      [
        ['/srv/storage/agent', '/iotedge/storage'],
        ['/var/run/iotedge/mgmt.sock', '/var/run/iotedge/mgmt.sock'],
        ['/var/run/iotedge/workload.sock', '/var/run/iotedge/workload.sock'],
        ['', '/iotedge'],
      ],
    ),
    edgeHub: container(['storagefolder=/data/hub'], [['/srv/docker/volumes/hub/_data', '/data']]),
  });
  const { device, source } = await readKnownDevice(docker, '', signal);
  expect(device).toEqual({
    engineRoot: '/srv/docker',
    storageFolders: ['/srv/storage/agent', '/srv/docker/volumes/hub/_data'],
    managementSocket: '/var/run/iotedge/mgmt.sock',
  });
  expect(source('/etc/aziot')).toBe('/etc/aziot');
});

test('a device that has neither edgeAgent nor edgeHub yet is known by its engine alone', async () => {
  const { device } = await readKnownDevice(deviceWith({}), '', signal);
  expect(device).toEqual({ engineRoot: '/srv/docker', storageFolders: [] });
});

test('on a simulated host what the engine tells is where it says; the rest is below the host’s folder', () => {
  const { told, source } = hostPaths('/sim/host');
  expect(told('/sim/host/var/lib/iotedge')).toBe('/var/lib/iotedge');
  expect(told('/srv/docker')).toBe('/srv/docker');
  expect(source('/var/lib/iotedge')).toBe('/sim/host/var/lib/iotedge');
  expect(source('/etc/aziot')).toBe('/sim/host/etc/aziot');
  expect(source('/srv/docker/containers')).toBe('/srv/docker/containers');
  expect(source('/srv/docker2')).toBe('/sim/host/srv/docker2');
});
