import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startChild } from '../child.ts';
import type { Started } from './module.ts';

export interface ProcessOptions {
  readonly projectDir: string;
  readonly dir: string;
  readonly env: Record<string, string>;
  readonly dockerHost: string;
  /** The module's data folder. Default: one below `dir`, the same at every start. */
  readonly dataDir?: string | undefined;
}

/** Starts the built module as `npm start` does, with nothing in its environment but what it is given here. */
export async function startAsProcess(options: ProcessOptions): Promise<Started> {
  const dataDir = options.dataDir ?? join(options.dir, 'module-data');
  await mkdir(dataDir, { recursive: true });
  const logFile = join(options.dir, 'module.log');
  const child = await startChild({
    name: 'the module',
    command: process.execPath,
    args: [join(options.projectDir, 'dist', 'edge-support.js')],
    cwd: options.projectDir,
    env: {
      PATH: process.env.PATH,
      DOCKER_HOST: options.dockerHost,
      EDGE_SUPPORT_DATA: dataDir,
      // Its port would be one of this machine, where other runs' modules may be.
      EDGE_SUPPORT_METRICS_PORT: '0',
      ...options.env,
    },
    logFile,
  });
  return {
    pid: child.pid,
    dataDir,
    ended: async () => child.ended(),
    lastLines: child.lastLines,
    log: () => readFile(logFile, 'utf8'),
    kill: child.kill,
    stop: () => child.stop(15_000),
  };
}
