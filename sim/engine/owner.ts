import { readdir, readFile } from 'node:fs/promises';

/** Which process an engine folder belongs to. The start time keeps a reused process id from passing for the owner. */
export interface Owner {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly started: string;
  /** Names of the bridge interfaces the engine may have made. */
  readonly bridges: readonly string[];
}

/** When the process was started, in clock ticks after boot; undefined when it is gone. Source: proc(5), stat field 22. */
export async function startedAt(pid: number): Promise<string | undefined> {
  const fields = await stat(pid);
  return fields?.[19];
}

/** True while the process that made the folder lives. */
export async function lives(owner: Owner): Promise<boolean> {
  return (await startedAt(owner.pid)) === owner.started;
}

/** Processes whose command line names the folder: its dockerd, containerd and shims. */
export async function processesOf(dir: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await allPids()) {
    if (pid === process.pid) continue;
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (args.some((arg) => arg.startsWith(`${dir}/`))) found.push(pid);
  }
  return found;
}

/** Direct children of the process, such as a container's first process below its shim. */
export async function childrenOf(parent: number): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await allPids()) {
    if ((await stat(pid))?.[1] === String(parent)) found.push(pid);
  }
  return found;
}

async function allPids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Fields of /proc/PID/stat from the third on; the second may hold spaces and brackets. */
async function stat(pid: number): Promise<string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}
