import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { deviceLog } from './device-log.ts';

/**
 * `repetitive`: what most modules print. `dense`: lines full of ids and payloads, which gzip hardly compresses. `device`: what
 * looks like secrets in many places and is none.
 */
export type LogKind = 'repetitive' | 'dense' | 'device';

const texts = [
  '[INF] - Sent message %d to edgeHub, temperature %d.%d, humidity %d, 1 of 500 in this batch, queue is empty',
  '[DBG] - Cloud connection for device sensor-%d is still valid, %d messages waiting, next check in %d seconds',
  '[INF] - Processed %d messages of the route $upstream in %d ms, the store holds %d entries, nothing expired',
  '[WRN] - Reading register %d took %d ms, longer than the limit of 250 ms, attempt %d of 5 follows shortly',
];

/** Writes a log of so many lines of some 133 bytes in IoT Edge's format, the same at every call. Returns its bytes. */
export async function writeLogFile(path: string, kind: LogKind, lines: number): Promise<number> {
  if (kind === 'device') {
    const log = deviceLog(lines * 133);
    await writeFile(path, log);
    return log.length;
  }
  let bytes = 0;
  const blocks = function* () {
    for (let at = 0; at < lines; at += 1000) {
      const block = Buffer.from(block1000(kind, at, Math.min(1000, lines - at)));
      bytes += block.length;
      yield block;
    }
  };
  await pipeline(Readable.from(blocks()), createWriteStream(path));
  return bytes;
}

function block1000(kind: Exclude<LogKind, 'device'>, start: number, count: number): string {
  let random = start * 2_654_435_761;
  const next = () => {
    random = (Math.imul(random ^ (random >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return random % 1000;
  };
  let block = '';
  for (let line = start; line < start + count; line += 1) {
    const time = new Date(1_760_000_000_000 + line * 200).toISOString().replace('T', ' ').replace('Z', ' +00:00');
    const text = texts[line % 37 === 0 ? 3 : line % 3] as string;
    const level = line % 37 === 0 ? 4 : line % 3 === 1 ? 7 : 6;
    block += `<${level}> ${time} ${kind === 'dense' ? dense(line) : text.replace(/%d/g, () => String(next()))}\n`;
  }
  return block;
}

function dense(line: number): string {
  const hash = (salt: string) => createHash('sha256').update(`${line}${salt}`).digest('base64');
  return `[INF] - ${hash('a')}${hash('b')}`;
}
