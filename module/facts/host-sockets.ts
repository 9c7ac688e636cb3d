import { readFile } from 'node:fs/promises';
import type { Fact } from './fact.ts';
import { hostView } from './host-view.ts';

/** What listens on the host. */
export interface HostSocketsReading {
  /** Unix sockets of IoT Edge's daemons and of the engine, as device paths; `/var/run` is given as `/run`. */
  readonly unix: readonly string[];
  readonly tcp: readonly { readonly address: string; readonly port: number }[];
}

/** Where IoT Edge and the engine have their sockets. Others are nobody's business here. */
const ours = /^\/run\/(?:aziot|iotedge)\/|^\/run\/docker\.sock$/;

export const hostSockets: Fact<HostSocketsReading> = {
  about: 'Reading which sockets listen on the host',
  from: 'host',
  // None: the helper container is on the host's network, whose sockets these files of its own show.
  mounts: () => [],
  async read(world, signal) {
    const { origin } = hostView(world);
    const text = (path: string) => readFile(path, { encoding: 'utf8', signal });
    // Without IPv6 in the kernel the third is not there.
    const [unix, tcp, tcp6] = await Promise.all([
      text('/proc/net/unix'),
      text('/proc/net/tcp'),
      text('/proc/net/tcp6').catch(() => ''),
    ]);
    signal.throwIfAborted();
    return { unix: parseUnix(unix, origin), tcp: [...parseTcp(tcp), ...parseTcp(tcp6)] };
  },
};

/** The listening sockets in proc(5) `net/unix` that are IoT Edge's or the engine's; sorted, each once. */
export function parseUnix(text: string, origin: string): readonly string[] {
  const found = text.split('\n').flatMap((line) => {
    // Num RefCount Protocol Flags Type St Inode Path; flag 10000 is that of a socket that takes connections.
    const [, flags = '', path = ''] = /^\S+ \S+ \S+ ([0-9A-F]+) \S+ \S+ +\d+ (\/.*)$/.exec(line) ?? [];
    if (!(Number.parseInt(flags, 16) & 0x10000) || !path.startsWith(origin)) return [];
    const own = path.slice(origin.length).replace(/^\/var\/run\//, '/run/');
    return ours.test(own) ? [own] : [];
  });
  return [...new Set(found)].sort();
}

/** The listening sockets in proc(5) `net/tcp` and `net/tcp6`. */
export function parseTcp(text: string): HostSocketsReading['tcp'] {
  return text.split('\n').flatMap((line) => {
    // State 0A is LISTEN.
    const [, address, port] = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /.exec(line) ?? [];
    if (address === undefined || port === undefined) return [];
    return [{ address: addressOf(address), port: Number.parseInt(port, 16) }];
  });
}

/** The kernel prints each 32 bits of an address as a number of its own, whose bytes are the wrong way round. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => `${bytes[2 * at]}${bytes[2 * at + 1]}`);
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
