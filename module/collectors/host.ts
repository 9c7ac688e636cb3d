import type { HostDisksReading } from '../facts/host-disks.ts';
import type { HostSocketsReading } from '../facts/host-sockets.ts';
import type { HostStateReading } from '../facts/host-state.ts';
import type { Collector, Entry } from './collector.ts';
import { textBody } from './json.ts';
import { readFor } from './reading.ts';
import { table } from './table.ts';

const limitMs = 20_000;

export const host: Collector = {
  id: 'host',
  about: 'How the host is doing: system, memory, disks, network, processes and open ports.',
  timeoutSecs: 30,
  maxBytes: 4 << 20,
  usualBytes: 1500,
  async entries(context, signal) {
    const {
      hostState: state,
      hostDisks,
      hostSockets,
    } = await readFor(context, ['hostState', 'hostDisks', 'hostSockets'], limitMs, signal);
    const files: Readonly<Record<string, string>> = {
      'os-release': state.osRelease,
      uptime: `${state.uptime}${state.loadAverage}`,
      meminfo: `${state.memory}${state.pressure}`,
      'df.txt': disks(hostDisks),
      mounts: state.mounts,
      'net.txt': network(state),
      'processes.txt': processes(state),
      'listening.txt': listening(hostSockets),
    };
    return Object.entries(files).map(
      ([name, text]): Entry => ({
        name: `host/${name}`,
        open: (_, notes) => textBody(text, context, notes),
      }),
    );
  },
};

const kilobytes = (bytes: number) => String(Math.round(bytes / 1024));

function disks({ fileSystems, stores }: HostDisksReading): string {
  const rows = fileSystems.map(({ total, available, inodes, freeInodes, paths }) => [
    kilobytes(total),
    kilobytes(available),
    String(inodes),
    String(freeInodes),
    paths.join(' '),
  ]);
  const kept = Object.entries(stores).map(([path, { bytes }]) => [kilobytes(bytes), path]);
  return `${table(['1K-blocks', 'Available', 'Inodes', 'IFree', 'Where'], rows)}\n${table(['1K-blocks', 'Stored in'], kept)}`;
}

function network({ addresses, resolver, interfaces, routes, neighbours }: HostStateReading): string {
  const own = table(
    ['Interface', 'Addresses'],
    Object.entries(addresses).map(([name, all]) => [name, all.join(' ')]),
  );
  const parts = { '/etc/resolv.conf': resolver, 'net/dev': interfaces, 'net/route': routes, 'net/arp': neighbours };
  return [own, ...Object.entries(parts).map(([title, text]) => `# ${title}\n${text}`)].join('\n');
}

function processes({ processes: all }: HostStateReading): string {
  const head = ['PID', 'PPID', 'UID', 'STATE', 'RSS-KB', 'CPU-SECS', 'AGE-SECS', 'COMMAND'];
  const rows = all.map(({ pid, parent, uid, state, memory, cpuSecs, ageSecs, command }) => [
    ...[pid, parent, uid, state].map(String),
    kilobytes(memory),
    ...[cpuSecs, ageSecs].map(String),
    command,
  ]);
  return table(head, rows);
}

function listening({ tcp, unix }: HostSocketsReading): string {
  const ports = tcp.map(({ address, port }) => ['tcp', `${address}:${port}`]);
  return table(['Kind', 'Listens at'], [...ports, ...unix.map((path) => ['unix', path])]);
}
