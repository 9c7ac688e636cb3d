import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';

import { type Child, startChild } from '../child.ts';
import { GiveUp, waitFor } from '../wait.ts';
import type { Block } from './addresses.ts';
import { processesOf } from './owner.ts';
import { systemPath } from './run.ts';

/**
 * What the engine of our own calls its machine, as `docker info` says: the simulated device's name, so that the host's
 * configuration and the engine agree wherever this runs.
 */
export const machineName = 'edge-device-1';

const configOf = (dir: string) => join(dir, 'daemon.json');
const pidFileOf = (dir: string) => join(dir, 'docker.pid');
const connect = (dir: string) => new Docker({ socketPath: join(dir, 'docker.sock') });

/** Writes down how the dockerd of this folder runs; the same at every start. */
export async function configureDockerd(dir: string, block: Block): Promise<void> {
  await writeFile(
    configOf(dir),
    JSON.stringify({
      'data-root': join(dir, 'data'),
      'exec-root': join(dir, 'exec'),
      pidfile: pidFileOf(dir),
      hosts: [`unix://${join(dir, 'docker.sock')}`],
      group: 'root',
      containerd: join(dir, 'containerd.sock'),
      bridge: block.bridge.name,
      // Where the simulation's name server listens, when it is started.
      dns: [block.uplink.gateway],
      iptables: false,
      'ip-forward': false,
      'ip-masq': false,
      'default-address-pools': [{ base: block.pool, size: 24 }],
      'shutdown-timeout': 5,
      'log-level': 'warn',
    }),
  );
}

const named = 'echo "$1" >/proc/sys/kernel/hostname && shift && exec "$@"';

/** Starts the dockerd of this folder and waits until it answers; `others` are watched beside it. */
export async function startDockerd(dir: string, ...others: readonly Child[]): Promise<Child> {
  const dockerd = await startChild({
    name: 'dockerd',
    command: 'unshare',
    // A namespace of its own for the machine's name; each program takes the place of the one before.
    args: ['--uts', 'sh', '-c', named, 'sh', machineName, 'dockerd', '--config-file', configOf(dir)],
    env: { PATH: systemPath, TMPDIR: dir },
    logFile: join(dir, 'dockerd.log'),
  });
  const docker = connect(dir);
  const probe = async () => {
    for (const child of [dockerd, ...others]) {
      const ended = child.ended();
      if (ended) throw new GiveUp(`The private Docker engine ended with ${ended}:\n${await child.lastLines(8)}`);
    }
    return docker.ping();
  };
  await waitFor('the private Docker engine to answer', probe, { limitMs: 30_000 });
  return dockerd;
}

/**
 * Ends the folder's dockerd and starts it again, also when another process started it: `stop` as `systemctl restart
 * docker` does, which ends every container first, `crash` with SIGKILL. Resolves when the containers that ran and have a
 * restart policy run again; throws when that takes longer than 30 s.
 */
export async function restartDockerd(dir: string, how: 'stop' | 'crash'): Promise<void> {
  const before = await connect(dir).listContainers();
  const pid = await dockerdOf(dir);
  process.kill(pid, how === 'stop' ? 'SIGTERM' : 'SIGKILL');
  const ended = async () => ((await processesOf(dir)).includes(pid) ? undefined : true);
  await waitFor('dockerd to end', ended, { limitMs: 20_000, everyMs: 50 });
  await startDockerd(dir);
  const docker = connect(dir);
  for (const { Id, Names } of before) {
    const back = async () => {
      const { State, HostConfig } = await docker.getContainer(Id).inspect();
      const returns = (HostConfig.RestartPolicy?.Name ?? 'no') !== 'no';
      return !returns || State.Running || State.Restarting ? true : undefined;
    };
    await waitFor(`the container ${Names[0]} to run again after the engine's restart`, back, { limitMs: 30_000 });
  }
}

/** Stops the folder's dockerd where it stands, so that it takes connections and never answers. Returns what ends that. */
export async function hangDockerd(dir: string): Promise<() => void> {
  const pid = await dockerdOf(dir);
  process.kill(pid, 'SIGSTOP');
  // Each thread stops by itself, on a busy machine not at once: one that still runs may answer.
  await waitFor('dockerd to stand still', () => isStopped(pid), { limitMs: 10_000, everyMs: 5 });
  return () => void process.kill(pid, 'SIGCONT');
}

/** Whether every thread of a process is stopped by a signal; undefined while not, as waitFor wants it. See proc(5). */
async function isStopped(pid: number): Promise<true | undefined> {
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    // The name before it stands in brackets and may hold any of them.
    if (!/^\) T/.test(stat.slice(stat.lastIndexOf(')')))) return undefined;
  }
  return true;
}

/** The process id of the folder's dockerd; a pid file that another process left behind is not trusted. */
async function dockerdOf(dir: string): Promise<number> {
  const pid = Number(await readFile(pidFileOf(dir), 'utf8'));
  if (!(await processesOf(dir)).includes(pid)) throw new Error(`No dockerd of ${dir} runs.`);
  return pid;
}
