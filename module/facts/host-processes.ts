import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** A process of the host. */
export interface ProcessReading {
  readonly pid: number;
  readonly parent: number;
  readonly uid: number;
  /** As ps(1) has it: R, S, D, Z … */
  readonly state: string;
  /** What it was started with; of its arguments options by name, files and programs, for the others may be secret. */
  readonly command: string;
  /** Bytes in memory. */
  readonly memory: number;
  /** Seconds of processor time. */
  readonly cpuSecs: number;
  /** Seconds since it was started. */
  readonly ageSecs: number;
}

/** So many of them, those that take most memory; a device has some hundred. */
const most = 500;
/** Of Linux on every architecture that IoT Edge runs on. */
const ticksPerSec = 100;

/** The processes that /proc shows, by memory; see proc(5). Those that end meanwhile are left out. */
export async function readProcesses(proc: string, signal: AbortSignal): Promise<readonly ProcessReading[]> {
  const uptime = Number.parseFloat(await readFile(`${proc}/uptime`, 'utf8'));
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const found: ProcessReading[] = [];
  for (const pid of pids) {
    signal.throwIfAborted();
    const one = await readProcess(`${proc}/${pid}`, uptime);
    if (one) found.push(one);
  }
  return found.sort((a, b) => b.memory - a.memory || a.pid - b.pid).slice(0, most);
}

async function readProcess(folder: string, uptime: number): Promise<ProcessReading | undefined> {
  const text = async (name: string) => readFile(`${folder}/${name}`, 'utf8').catch(() => '');
  const [stat, status, command] = await Promise.all([text('stat'), text('status'), text('cmdline')]);
  // The name in brackets may hold anything.
  const [, pid, name = ''] = /^(\d+) \((.*)\) /s.exec(stat) ?? [];
  if (pid === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const number = (at: number) => Number(fields[at] ?? 0);
  const field = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return {
    pid: Number(pid),
    parent: number(1),
    uid: field('Uid'),
    state: fields[0] ?? '?',
    command: commandOf(command) || `[${name}]`,
    memory: field('VmRSS') * 1024,
    cpuSecs: Math.round((number(11) + number(12)) / ticksPerSec),
    ageSecs: Math.max(0, Math.round(uptime - number(19) / ticksPerSec)),
  };
}

/** A command line without what may be secret in it: of its arguments only what names an option, a file or a program. */
export function commandOf(cmdline: string): string {
  const [program = '', ...rest] = cmdline.split('\0').filter((part) => part !== '');
  const shown = rest.map((part) => {
    if (/^--?[A-Za-z][\w-]*=/.test(part)) return `${part.slice(0, part.indexOf('='))}=…`;
    if (/^--?[A-Za-z][\w-]*$/.test(part) && part.length < 40) return part;
    if (/^\/[\w./-]+$/.test(part) || /^[\w-]+\.(?:m?js|py|dll|jar|sh|toml|json|conf|ya?ml)$/.test(part)) return part;
    return '…';
  });
  const told = [program.startsWith('/') ? program : basename(program), ...shown].join(' ');
  return told.replace(/…(?: …)+/g, '…').slice(0, 300);
}
