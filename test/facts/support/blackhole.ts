import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Running } from './servers.ts';

/**
 * A port on 127.0.0.1 whose connections are never established, as behind a firewall that drops packets: a process that
 * listens with the shortest queue is stopped, and the queue is filled.
 */
export async function blackhole(): Promise<Running> {
  const listen =
    "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  const queued: Socket[] = [];
  let full = false;
  while (!full) {
    if (queued.length > 20) throw new Error('The queue of the stopped process does not fill up.');
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    queued.push(socket);
    full = await Promise.race([
      once(socket, 'connect').then(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 200, true)),
    ]);
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of queued) socket.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
