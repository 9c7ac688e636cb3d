import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface Ntp {
  /** `host:port` */
  readonly server: string;
  /** Seconds that the server's clock is ahead of this machine's; may be changed at any time. */
  offsetSecs: number;
  /** Answers that its own clock is not set (leap indicator 3), as a server does that has lost its source. */
  unset: boolean;
  stop(): Promise<void>;
}

/** Seconds from 1900, where NTP's time begins, to 1970. */
const epoch = 2_208_988_800;

/** An SNTP server (RFC 4330) on port 123, as sites behind a firewall have one of their own. */
export async function startNtp(address: string): Promise<Ntp> {
  const socket = createSocket('udp4');
  const ntp = {
    server: `${address}:123`,
    offsetSecs: 0,
    unset: false,
    stop: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
  const write = (packet: Buffer, at: number) => {
    const seconds = Date.now() / 1000 + epoch + ntp.offsetSecs;
    packet.writeUInt32BE(Math.floor(seconds) >>> 0, at);
    packet.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4);
  };
  socket.on('message', (request, { port, address: peer }) => {
    if (request.length < 48) return;
    const answer = Buffer.alloc(48);
    // Leap indicator 0 (3 when unset), version 3, mode 4 (server); stratum 2.
    answer.set([ntp.unset ? 0xdc : 0x1c, 2, 6, 0xec]);
    // The originate timestamp is the transmit timestamp of the request.
    request.copy(answer, 24, 40, 48);
    write(answer, 32);
    write(answer, 40);
    socket.send(answer, port, peer);
  });
  socket.bind(123, address);
  await once(socket, 'listening');
  return ntp;
}
