import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountSmallDisk } from '../../../sim/disk.ts';
import { hostSecrets } from '../../../sim/host.ts';
import { agentRepository } from '../../../sim/registry.ts';
import { versions } from '../../../sim/versions.ts';
import { inAMonth } from '../edge.ts';
import { edit, hide } from '../host-files.ts';
import { allOf, type CompleteEdge, type FaultyState, turn } from '../state.ts';

const daemonJson = 'etc/docker/daemon.json';
const unitOf = (service: string) => `usr/lib/systemd/system/${service}.service`;

/** A disk of 16 MB where edgeAgent's data lie, of which 200 KB are free. */
async function fillStorage(edge: CompleteEdge) {
  const disk = await mountSmallDisk(edge.host.agentStorage, 16 * 1024);
  await writeFile(join(disk.dir, 'backlog'), Buffer.alloc(16 * 1024 * 1024 - 200 * 1024));
  return disk.remove;
}

/** What is wrong with the host: its engine's settings, its daemons, its disks, its packages. */
export const hostStates: readonly FaultyState[] = [
  {
    id: 'disk-full',
    fault: "the disk with edgeAgent's data is full",
    cause: 'disk-space',
    plant: fillStorage,
  },
  {
    id: 'daemon-json-broken',
    fault: 'daemon.json is not valid JSON',
    // The first of the three checks that read it.
    cause: 'container-engine-dns',
    plant: (edge) => edit(edge, daemonJson, (text) => text.replace('{', '{,')),
  },
  {
    id: 'daemon-json-without-dns',
    fault: 'daemon.json names no DNS servers',
    cause: 'container-engine-dns',
    plant: (edge) => edit(edge, daemonJson, (text) => JSON.stringify({ ...JSON.parse(text), dns: undefined })),
  },
  {
    id: 'management-hangs',
    fault: 'edged hangs: its management API takes requests and answers none',
    cause: 'connect-management-uri',
    plant: async ({ site }) => turn(site.sockets.management, 'hang', true),
  },
  {
    id: 'keyd-down',
    fault: 'keyd and its socket are stopped',
    cause: 'keyd-running',
    plant: ({ site }) => site.sockets.stopDaemon('keyd'),
  },
  {
    id: 'certd-down',
    fault: 'certd and its socket are stopped',
    cause: 'certd-running',
    plant: ({ site }) => site.sockets.stopDaemon('certd'),
  },
  {
    id: 'edged-outdated',
    fault: 'there is a newer aziot-edge than the one installed',
    cause: 'aziot-edge-version',
    async plant({ latestVersions }) {
      const newer = versions['aziot-edge'].replace(/\d+$/, (last) => String(Number(last) + 1));
      return turn(latestVersions.versions, 'aziot-edge', newer);
    },
  },
  {
    id: 'out-of-service',
    fault: 'the installed IoT Edge 1.4 is serviced no longer',
    cause: 'software-out-of-service',
    async plant(edge) {
      const file = await edit(edge, 'var/lib/dpkg/status', (text) =>
        text.replace(`Version: ${versions['aziot-edge']}-1`, 'Version: 1.4.33-1'),
      );
      return allOf([file, turn(edge.site.sockets.management, 'version', '1.4.33')]);
    },
  },
  {
    id: 'agent-image-missing',
    fault: "the registry has edgeAgent's image no longer",
    cause: 'check-agent-image',
    async plant({ registry }) {
      registry.images.delete(agentRepository);
      return async () => void registry.images.add(agentRepository);
    },
  },
  {
    id: 'proxies-differ',
    fault: 'a proxy with a password is set for edged alone',
    cause: 'proxy-settings',
    secrets: [hostSecrets.proxyPassword],
    plant: (edge) =>
      edit(edge, unitOf('aziot-edged'), (text) =>
        text.replace(
          '[Service]',
          `[Service]\nEnvironment="https_proxy=http://edge:${hostSecrets.proxyPassword}@proxy.example.com:3128"`,
        ),
      ),
  },
  {
    id: 'journal-volatile',
    fault: 'the journal is kept in memory only',
    cause: 'volatile-journal',
    plant: (edge) => hide(edge, 'var/log/journal'),
  },
  {
    id: 'storage-sas-expired',
    fault: 'the SAS of the Blob Storage container has expired',
    cause: 'storage-target',
    async plant({ hub, blob, moduleId }) {
      const sasUrl = blob.containerSasUrl({ expiresOn: new Date(Date.now() - 3_600_000) });
      const before = blob.containerSasUrl({ expiresOn: inAMonth() });
      hub.patchDesired(moduleId, { storage: { sasUrl } });
      return async () => hub.patchDesired(moduleId, { storage: { sasUrl: before } });
    },
  },
];
