import { connect } from 'node:net';
import { socketPath } from './address.ts';
import type { Health } from './health.ts';

/** A health server says some hundred bytes; nobody may fill this process's memory. */
const longest = 4096;

/** Asks the module that listens at the address. Never rejects: a module that does not answer is not healthy. */
export function askHealth(address: string, limitMs: number): Promise<Health> {
  return new Promise((resolve) => {
    const ill = (text: string) => resolve({ healthy: false, text });
    let said = '';
    const socket = connect(socketPath(address));
    const timer = setTimeout(() => {
      ill(`The module did not answer within ${limitMs / 1000} s.`);
      socket.destroy();
    }, limitMs);
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      said += text;
      if (said.length > longest) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      ill(`The module does not answer health checks (${error.code}).`),
    );
    socket.on('close', () => {
      clearTimeout(timer);
      const { healthy, text } = read(said);
      resolve({ healthy: healthy === true, text: typeof text === 'string' ? text : 'The module hung up.' });
    });
  });
}

function read(said: string): { readonly healthy?: unknown; readonly text?: unknown } {
  try {
    return JSON.parse(said) ?? {};
  } catch {
    return {};
  }
}
