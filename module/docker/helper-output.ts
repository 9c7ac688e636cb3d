import { SupportError } from '../base/errors.ts';

/** More than this is none of a helper's; bytes of stdout and stderr together. */
const largestOutput = 4 << 20;

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * What comes out of a container's attached stream until it ends; `too-large` for more than 4 MB. An error of the stream is
 * an end: a container that does not read its stdin ends it so, and an engine that is gone fails the wait for the exit code.
 */
export function gather(stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<Output> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const ended = new Promise<Output>((resolve, reject) => {
    stream.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= largestOutput) parts.push(part);
      else reject(new SupportError('too-large', `A helper container wrote more than ${largestOutput >> 20} MB.`));
    });
    for (const event of ['end', 'close', 'error']) stream.on(event, () => resolve(withoutFrames(Buffer.concat(parts))));
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
  });
  ended.catch(() => undefined);
  return ended;
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
