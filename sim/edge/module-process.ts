import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { startChild } from '../child.ts';
import type { Started } from './module.ts';

export interface ProcessOptions {
  readonly projectDir: string;
  readonly dir: string;
  readonly env: Record<string, string>;
  readonly dockerHost: string;
}

/** Starts the built module as `npm start` does, with nothing in its environment but what it is given here. */
export async function startAsProcess(options: ProcessOptions): Promise<Started> {
  const data = join(options.dir, 'module-data');
  await mkdir(data, { recursive: true });
  const child = await startChild({
    name: 'the module',
    command: process.execPath,
    args: [join(options.projectDir, 'dist', 'edge-support.js')],
    cwd: options.projectDir,
    env: {
      PATH: process.env.PATH,
      DOCKER_HOST: options.dockerHost,
      EDGE_SUPPORT_DATA: data,
      ...options.env,
    },
    logFile: join(options.dir, 'module.log'),
  });
  return {
    pid: child.pid,
    ended: async () => child.ended(),
    lastLines: child.lastLines,
    stop: () => child.stop(15_000),
  };
}
