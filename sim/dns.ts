import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type Answer, decode, encode, type Packet } from 'dns-packet';

/** What the name server knows and how it misbehaves; may be changed at any time. */
export interface Dns {
  readonly address: string;
  /** IPv4 addresses by name, in lower case. Every other name does not exist. */
  readonly names: Map<string, readonly string[]>;
  /** Beginnings of client addresses (`10.213.1.`) whose questions get no answer; an empty one means everybody. */
  silentFor: readonly string[];
  /** What some clients are told instead: by the beginning of their address, then by name. */
  readonly otherwise: Map<string, ReadonlyMap<string, readonly string[]>>;
  stop(): Promise<void>;
}

/** RFC 1035, 4.1.1: authoritative answer, and the code for a name that does not exist. */
const authoritative = 1 << 10;
const noSuchName = 3;

/** A name server on port 53 over UDP and TCP, as a site has one; it knows the names it is given and asks nobody. */
export async function startDns(address: string, names: Readonly<Record<string, readonly string[]>>): Promise<Dns> {
  const udp = createSocket('udp4');
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let got = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      got = Buffer.concat([got, part]);
      // Over TCP each message has its length before it, in two bytes.
      while (got.length >= 2 && got.length >= 2 + got.readUInt16BE()) {
        const end = 2 + got.readUInt16BE();
        const told = answer(dns, got.subarray(2, end), socket.remoteAddress ?? '');
        got = got.subarray(end);
        if (told) socket.write(Buffer.concat([Buffer.from([told.length >> 8, told.length & 0xff]), told]));
      }
    });
  });
  const dns: Dns = {
    address,
    names: new Map(Object.entries(names).map(([name, addresses]) => [name.toLowerCase(), addresses])),
    silentFor: [],
    otherwise: new Map(),
    async stop() {
      for (const socket of sockets) socket.destroy();
      const closed = [once(udp, 'close'), once(tcp, 'close')];
      udp.close();
      tcp.close();
      await Promise.all(closed);
    },
  };
  udp.on('message', (question, { address: client, port }) => {
    const told = answer(dns, question, client);
    if (told) udp.send(told, port, client);
  });
  udp.bind(53, address);
  await once(udp, 'listening');
  try {
    tcp.listen(53, address);
    await once(tcp, 'listening');
  } catch (error) {
    udp.close();
    throw error;
  }
  return dns;
}

/** The answer to a question, or undefined when it is to get none. */
function answer(dns: Dns, question: Buffer, client: string): Buffer | undefined {
  if (dns.silentFor.some((start) => client.startsWith(start))) return undefined;
  let asked: Packet;
  try {
    asked = decode(question);
  } catch {
    return undefined;
  }
  const [first] = asked.questions ?? [];
  if (!first) return undefined;
  const name = first.name.toLowerCase();
  const told = [...dns.otherwise].find(([start]) => client.startsWith(start))?.[1].get(name);
  const addresses = told ?? dns.names.get(name);
  const answers: Answer[] =
    first.type === 'A' ? (addresses ?? []).map((data) => ({ type: 'A', name: first.name, ttl: 1, data })) : [];
  return encode({
    type: 'response',
    ...(asked.id === undefined ? {} : { id: asked.id }),
    flags: authoritative | (addresses === undefined ? noSuchName : 0) | ((asked.flags ?? 0) & (1 << 8)),
    questions: [first],
    answers,
  });
}
