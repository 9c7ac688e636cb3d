import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { messageOf } from '../base/errors.ts';
import { within } from '../base/time.ts';
import { type Fact, targetsOf } from './fact.ts';
import { parseSntpAnswer, type SntpAnswer, SntpError, sntpRequest } from './sntp.ts';

/** What an NTP server says about our clock. That it does not answer is a reading too. */
export type ClockReading = { readonly server: string } & (
  | SntpAnswer
  /** `unreachable`: no answer came. `invalid`: an answer came that cannot be used. `error`: outermost reason first. */
  | { readonly problem: 'unreachable' | 'invalid'; readonly error: readonly string[] }
);

/** The first try and three more, as `iotedge check`; its limit of 10 s each would make 40. */
const tries = 4;

export const clock: Fact<ClockReading> = {
  about: 'Asking the time',
  async read(world, signal, limitMs) {
    const started = performance.now();
    const { ntpServer: server } = targetsOf(world);
    const { host, port } = parseServer(server);
    let address: string;
    try {
      // Looked up once: a look-up that hangs cannot be cancelled, and libuv runs only two at a time.
      address = (await within(limitMs * 0.4, `Looking up ${host}`, () => lookup(host), signal)).address;
    } catch (error) {
      signal.throwIfAborted();
      return { server, problem: 'unreachable', error: [`could not resolve NTP pool hostname: ${messageOf(error)}`] };
    }
    const limit = (limitMs * 0.8 - (performance.now() - started)) / tries;
    let last: ClockReading | undefined;
    for (let left = tries; left > 0; left--) {
      try {
        const ask = (own: AbortSignal) => askOnce(address, port, world.now, own);
        return { server, ...(await within(limit, `Waiting for ${server}`, ask, signal)) };
      } catch (error) {
        signal.throwIfAborted();
        const invalid = error instanceof SntpError;
        const outermost = invalid ? 'could not parse NTP server response' : 'could not receive NTP server response';
        const problem = invalid ? 'invalid' : 'unreachable';
        last = { server, problem, error: [`${outermost}: ${messageOf(error)}`] };
      }
    }
    return last as ClockReading;
  },
};

async function askOnce(address: string, port: number, now: () => Date, signal: AbortSignal): Promise<SntpAnswer> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    // Connected, so that only this server's datagrams arrive and a refusal is an error instead of silence.
    socket.connect(port, address);
    await once(socket, 'connect', { signal });
    const sentMs = now().getTime();
    const started = performance.now();
    const request = sntpRequest(sentMs);
    socket.send(request);
    const [answer] = (await once(socket, 'message', { signal })) as [Buffer];
    return parseSntpAnswer(answer, request, sentMs, sentMs + (performance.now() - started));
  } finally {
    socket.close();
  }
}

/** `host`, `host:port` or `[ipv6]:port`; 123 when no port is named. */
export function parseServer(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: Number(port ?? 123) };
}
