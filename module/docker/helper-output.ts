import { SupportError } from '../base/errors.ts';
import { demuxFrames } from './demux.ts';

/** More than this is none of a helper's; bytes of stdout and stderr together. */
const largestOutput = 4 << 20;

/** Ends a stdout that is whole; it is in no text. */
const endMark = '\0';

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** What came, and whether it is whole although the container has not ended yet. */
type Gathered = Output & { readonly whole: boolean };

/**
 * What comes out of a container's attached stream until it ends, or until stdout is whole, which a zero byte says: a
 * program may take long to end afterwards, because Node waits for look-ups under way and nothing inside ends the first
 * process of a container by force. `too-large` for more than 4 MB. An error of the stream is
 * an end: a container that does not read its stdin ends it so, and an engine that is gone fails the wait for the exit code.
 */
export function gather(stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<Gathered> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const ended = new Promise<Gathered>((resolve, reject) => {
    stream.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= largestOutput) parts.push(part);
      else reject(new SupportError('too-large', `A helper container wrote more than ${largestOutput >> 20} MB.`));
      if (part.at(-1) !== endMark.charCodeAt(0)) return;
      const { stdout, stderr } = withoutFrames(Buffer.concat(parts));
      if (stdout.endsWith(endMark)) resolve({ stdout: stdout.slice(0, -1), stderr, whole: true });
    });
    const end = () => resolve({ ...withoutFrames(Buffer.concat(parts)), whole: false });
    for (const event of ['end', 'close', 'error']) stream.on(event, end);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
  });
  ended.catch(() => undefined);
  return ended;
}

/** What is kept of stderr while stdout is passed on; characters. */
const keptWords = 4096;

/** The stdout of an attached stream as it comes; returns the end of what came on stderr. An error of the stream is an end. */
export async function* stdoutOf(stream: NodeJS.ReadableStream): AsyncGenerator<Buffer, string> {
  let said = '';
  let parts: Buffer[] = [];
  const { push } = demuxFrames((from, chunk, start, end) => {
    const part = chunk.subarray(start, end);
    if (from === 'stdout') parts.push(part);
    else said = (said + part.toString()).slice(-keptWords);
  });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      push(chunk);
      if (parts.length > 0) yield Buffer.concat(parts);
      parts = [];
    }
  } catch (error) {
    // An engine that is gone fails the wait for the exit code; an abort is told.
    if ((error as { readonly name?: string }).name === 'AbortError') throw error;
  }
  return said;
}

/**
 * Frames of an attached stream: which stream (2 is stderr), three zeros, the length as 32 bits, big end first, then so
 * many bytes (Docker Engine API, "Attach to a container"). A frame that was cut off is given as far as it came.
 */
export function withoutFrames(bytes: Buffer): Output {
  const parts: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    parts[bytes[at] === 2 ? 'stderr' : 'stdout'].push(bytes.subarray(at + 8, end));
    at = end;
  }
  return { stdout: Buffer.concat(parts.stdout).toString(), stderr: Buffer.concat(parts.stderr).toString() };
}
