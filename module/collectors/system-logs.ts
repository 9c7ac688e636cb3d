import { type JournalAsk, Unavailable } from '../facts/fact.ts';
import { through } from '../redact/redact.ts';
import type { Collector, Entry } from './collector.ts';

/** The daemons' logs: file → systemd's names, those of snaps among them. The first six files are those of `iotedge support-bundle`, and aziot-tpmd's. */
const units: Readonly<Record<string, readonly string[]>> = {
  'aziot-keyd': ['aziot-keyd', 'snap.azure-iot-identity.keyd'],
  'aziot-certd': ['aziot-certd', 'snap.azure-iot-identity.certd'],
  'aziot-identityd': ['aziot-identityd', 'snap.azure-iot-identity.identityd'],
  'aziot-edged': ['aziot-edged', 'snap.azure-iot-edge.aziot-edged'],
  'aziot-tpmd': ['aziot-tpmd', 'snap.azure-iot-identity.tpmd'],
  docker: ['docker', 'snap.docker.dockerd'],
  containerd: ['containerd'],
};

/** So many lines of each at the most, the last: some 30 MB, a few minutes' reading on a slow disk. */
const lines = 200_000;

export const systemLogs: Collector = {
  id: 'system-logs',
  about: "The journal of the engine, of IoT Edge's daemons and of the kernel, read by the host's own journalctl.",
  timeoutSecs: 300,
  maxBytes: 128 << 20,
  usualBytes: 20_000,
  async entries({ ask, world, redactor, scope, watch }) {
    const { probes } = world;
    const asks: readonly (readonly [string, JournalAsk])[] = [
      ...Object.entries(units).map(([name, own]) => [name, { units: own }] as const),
      ['kernel', { kernel: true }],
    ];
    return asks.map(
      ([name, own]): Entry => ({
        name: `logs/${name}.txt`,
        open(signal, { account }) {
          if (!probes)
            throw new Unavailable('not-supported', 'Without helper containers there is no way to the journal.');
          const log = redactor.stream(probes.journal({ ...own, ...ask, lines }, signal), scope, account);
          return through(log, watch(name, `logs/${name}.txt`).tap);
        },
      }),
    );
  },
};
