/**
 * SNTP (RFC 4330), client side. The 48 bytes of a message:
 *
 *   0    leap indicator (2 bits), version (3), mode (3)
 *   1    stratum
 *   12   reference id; with stratum 0 four letters saying why the server refuses
 *   24   originate time: our transmit time, echoed
 *   32   receive time, at the server
 *   40   transmit time
 *
 * A time is 32 bits of seconds since 1900 and 32 bits of fraction.
 */
const messageBytes = 48;

/** Seconds from 1900 to 1970, the two eras' beginnings. */
const unixEpoch = 2_208_988_800;

/** Thrown for a message that is no usable answer. */
export class SntpError extends Error {}

/** A request of version 3, as `iotedge check` sends it; `nowMs` is our clock, in milliseconds since 1970. */
export function sntpRequest(nowMs: number): Buffer {
  const message = Buffer.alloc(messageBytes);
  message[0] = (3 << 3) | 3;
  writeTime(message, 40, nowMs);
  return message;
}

/** What an answer says. */
export interface SntpAnswer {
  /** How far the server's clock is ahead of ours, in milliseconds. */
  readonly offsetMs: number;
  /** The way there and back, without the server's own time, in milliseconds. */
  readonly delayMs: number;
  readonly stratum: number;
}

/**
 * Reads the answer to `request`, sent at `sentMs` and received at `receivedMs` of our clock.
 * Throws an SntpError for the answers that `iotedge check` does not accept (its mini-sntp), and for a refusal.
 */
export function parseSntpAnswer(answer: Buffer, request: Buffer, sentMs: number, receivedMs: number): SntpAnswer {
  if (answer.length < messageBytes) {
    throw new SntpError(`expected ${messageBytes} bytes but got ${answer.length}`);
  }
  const first = answer.readUInt8(0);
  const [leap, version, mode] = [first >> 6, (first >> 3) & 7, first & 7];
  if (leap > 2) throw new SntpError(`invalid value of leap indicator ${leap}`);
  if (version !== 3 && version !== 4) throw new SntpError(`expected version number to be 3 but it was ${version}`);
  if (mode !== 4) throw new SntpError(`expected mode to be 4 but it was ${mode}`);
  const originate = answer.subarray(24, 32);
  if (!originate.equals(request.subarray(40, 48))) {
    throw new SntpError('expected originate timestamp to be that of the request but it was another');
  }
  const stratum = answer.readUInt8(1);
  if (stratum === 0) throw new SntpError(`the server refuses (${answer.toString('latin1', 12, 16)})`);
  const [arrived, left] = [readTime(answer, 32), readTime(answer, 40)];
  return {
    offsetMs: (arrived - sentMs + (left - receivedMs)) / 2,
    delayMs: receivedMs - sentMs - (left - arrived),
    stratum,
  };
}

/** Writes a time (milliseconds since 1970) as a server or a client does. */
export function writeTime(message: Buffer, at: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  message.writeUInt32BE((seconds + unixEpoch) % 2 ** 32, at);
  message.writeUInt32BE(Math.floor(((ms - seconds * 1000) / 1000) * 2 ** 32), at + 4);
}

function readTime(message: Buffer, at: number): number {
  const seconds = message.readUInt32BE(at);
  // RFC 4330, 3: with the first bit clear the time is in the era that begins in 2036.
  const era = seconds < 2 ** 31 ? 2 ** 32 : 0;
  return (seconds + era - unixEpoch + message.readUInt32BE(at + 4) / 2 ** 32) * 1000;
}
