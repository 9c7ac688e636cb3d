import { connect, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { EngineAddress } from './address.ts';
import { createBasin } from './basin.ts';
import { type Decoder, decodeBody, parseHead } from './framing.ts';

/** An answer whose body is still to come. */
export interface Tapped {
  readonly status: number;
  /** Blocks of 64 KB (the last is smaller), with back-pressure. Leaving the iteration ends the connection. */
  readonly body: AsyncIterable<Buffer>;
}

/** After a read this small the engine is given a moment to write more. */
const smallRead = 16 * 1024;
const momentMs = 1;

/** An answer's header is at most this long. */
const longestHead = 16 * 1024;

/**
 * GET with a large answer, without Node's HTTP client. The engine sends every log line as an HTTP chunk of its own:
 * Node's parser spends on each some ten times of what is needed here, and a reader that wakes up for every line also
 * slows down the engine, hence the moments of waiting. Rejects with the socket's error or the signal's reason.
 */
export function tap(where: EngineAddress, path: string, signal: AbortSignal): Promise<Tapped> {
  const basin = createBasin();
  let decoder: Decoder | undefined;
  let head = '';
  let moment: NodeJS.Timeout | undefined;
  let held = false;

  return new Promise((resolve, reject) => {
    const finish = (error?: unknown) => {
      clearTimeout(moment);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error ?? new Error('it closed the connection without an answer'));
      basin.close(error);
    };

    const onAbort = () => finish(signal.reason);

    /** Returns where the body begins in `bytes`, when the header ends in them. */
    const readHead = (bytes: Buffer): number => {
      const before = head.length;
      head += bytes.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 && head.length > longestHead) throw new Error('the header of its answer has no end');
      if (end < 0) return bytes.length;
      const { status, framing } = parseHead(head.slice(0, end));
      decoder = decodeBody(framing, basin.write);
      resolve({ status, body: basin.read(onTaken, finish) });
      return end + 4 - before;
    };

    const onTaken = () => {
      if (!held || basin.isFull()) return;
      held = false;
      socket.resume();
    };

    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(64 * 1024),
      callback(size, whole) {
        try {
          const bytes = Buffer.from(whole.buffer, whole.byteOffset, size);
          const start = decoder === undefined ? readHead(bytes) : 0;
          decoder?.push(bytes, start, size);
          if (decoder?.complete(false)) finish();
        } catch (error) {
          finish(error);
        }
        held = basin.isFull();
        if (socket.destroyed || held) return false;
        if (size >= smallRead) return true;
        moment = setTimeout(() => socket.resume(), momentMs);
        return false;
      },
    };

    const onEnd = () => {
      const whole = decoder?.complete(true);
      finish(whole ? undefined : new Error('it closed the connection in the middle of its answer'));
    };

    const socket = open(where, onread);
    socket.on('error', finish).on('end', onEnd).on('close', onEnd);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const host = 'socketPath' in where ? 'docker' : `${where.host}:${where.port}`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: edge-support\r\nConnection: close\r\n\r\n`);
  });
}

function open(where: EngineAddress, onread: OnReadOpts): Socket {
  if ('socketPath' in where) return connect({ path: where.socketPath, onread });
  const to = { host: where.host, port: Number(where.port), onread };
  return where.protocol === 'https' ? connectTls(to) : connect(to);
}
