import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { waitFor } from '../wait.ts';
import { ruleComment } from './labels.ts';
import { childrenOf, lives, type Owner, processesOf } from './owner.ts';
import { run } from './run.ts';

/** Clears every engine folder below `parent` whose owner is gone. Returns the folders it cleared. */
export async function clearLeftovers(parent: string): Promise<string[]> {
  const cleared: string[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    const dir = join(parent, name);
    const owner = await readOwner(dir);
    if (!owner || (await lives(owner))) continue;
    await clearEngine(dir, owner.bridges);
    cleared.push(dir);
  }
  return cleared;
}

/** Ends whatever still runs for the engine folder and removes its mounts, firewall rules, interfaces and files. */
export async function clearEngine(dir: string, bridges: readonly string[]): Promise<void> {
  await endProcesses(dir);
  for (const mount of await mountsBelow(dir)) await run('umount', ['-l', mount]).catch(() => '');
  await removeCgroups(dir);
  await removeRules(ruleComment(basename(dir).replace(/^engine-/, '')));
  const links = new Set(await readdir('/sys/class/net').catch(() => []));
  for (const bridge of bridges.filter((name) => links.has(name))) await run('ip', ['link', 'delete', bridge]);
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}

/** The engine first, so that it restarts nothing; then each container's first process; the shims last. */
async function endProcesses(dir: string): Promise<void> {
  const all = await processesOf(dir);
  const shims: number[] = [];
  for (const pid of all) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name.startsWith('containerd-shim')) shims.push(pid);
    else kill(pid);
  }
  for (const shim of shims) {
    for (const child of await childrenOf(shim)) kill(child);
    kill(shim);
  }
  if (all.length === 0) return;
  await waitFor(
    `the processes of ${dir} to end`,
    async () => ((await processesOf(dir)).length === 0 ? true : undefined),
    {
      limitMs: 10_000,
    },
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

/** Mount points below the folder, innermost first. Source: proc(5), mountinfo field 5. */
async function mountsBelow(dir: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const points = lines.map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(`${dir}/`));
  return points.reverse();
}

/** A killed engine leaves the empty control groups of its containers behind. */
async function removeCgroups(dir: string): Promise<void> {
  const ids = await readdir(join(dir, 'data', 'containers')).catch(() => []);
  if (ids.length === 0) return;
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '');
  for (const id of ids) {
    for (const mount of mounts) {
      await rmdir(join(mount, 'docker', id)).catch(() => undefined);
      await rmdir(join(mount, 'system.slice', `docker-${id}.scope`)).catch(() => undefined);
    }
  }
}

/** Takes back the rules of the INPUT chain that bear the comment. A machine without iptables has none. */
async function removeRules(comment: string): Promise<void> {
  const rules = await run('iptables', ['-w', '5', '-S', 'INPUT']).catch(() => '');
  const ours = rules.split('\n').filter((rule) => rule.split(/["\s]+/).includes(comment));
  for (const rule of ours)
    await run('iptables', ['-w', '5', '-D', ...rule.replaceAll('"', '').split(' ').slice(1)]).catch(() => '');
}

async function readOwner(dir: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, 'owner.json'), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}
