import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const programs = ['/lib/systemd/systemd-journal-remote', '/usr/lib/systemd/systemd-journal-remote'];
const machineId = '5f2b8a3c9d4e4f60a1b2c3d4e5f60718';
const bootId = '0c1d2e3f405142638495a6b7c8d9eafb';

const units = ['aziot-edged', 'aziot-identityd', 'aziot-certd', 'aziot-keyd', 'aziot-tpmd', 'docker', 'containerd'];
const texts = [
  ['6', 'Starting Azure IoT Edge Daemon, version 1.5.21'],
  ['6', 'Checking edge runtime status'],
  ['6', 'Edge runtime is running'],
  ['4', 'Could not reach the hub, trying again in 30 s'],
  ['3', 'The module crasher could not be started: exit code 139'],
] as const;

/** Every so many minutes the kernel says something, in the place of a daemon. */
const kernelEvery = 20;
const kernelText = 'Out of memory: Killed process 4242 (crasher) total-vm:262144kB, anon-rss:131072kB';

/**
 * Writes a journal of the IoT Edge daemons below the host's root, if systemd-journal-remote is installed; says
 * whether it was written. One entry per minute of the last hour, or what is `said`; `file` is its name.
 */
export async function writeJournal(hostRoot: string, said: readonly string[] = [], file = 'system'): Promise<boolean> {
  const program = await installed();
  if (!program) return false;
  const dir = join(hostRoot, 'var/log/journal', machineId);
  await mkdir(dir, { recursive: true });
  const child = spawn(program, [`--output=${join(dir, `${file}.journal`)}`, '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: 10_000,
  });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(journalEntries(Date.now(), said));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${program} ended with code ${code}: ${told.trim()}`);
  return true;
}

/** Entries in the journal export format: fields as NAME=value lines, an empty line after each entry. */
function journalEntries(now: number, said: readonly string[]): string {
  return Array.from({ length: said.length || 60 }, (_, minute) => {
    const unit = units[minute % units.length] ?? 'aziot-edged';
    const [priority, usual] = texts[Math.floor(minute / units.length) % texts.length] ?? texts[0];
    const text = said[minute] ?? usual;
    const fromKernel = said.length === 0 && minute % kernelEvery === 0;
    return [
      `__REALTIME_TIMESTAMP=${(now - (60 - minute) * 60_000) * 1000}`,
      `__MONOTONIC_TIMESTAMP=${(minute + 1) * 60_000_000}`,
      `_BOOT_ID=${bootId}`,
      `_MACHINE_ID=${machineId}`,
      '_HOSTNAME=edge-device-1',
      `PRIORITY=${priority}`,
      ...(fromKernel
        ? ['_TRANSPORT=kernel', 'SYSLOG_IDENTIFIER=kernel', `MESSAGE=${kernelText}`]
        : ['_TRANSPORT=journal', `SYSLOG_IDENTIFIER=${unit}`, `_SYSTEMD_UNIT=${unit}.service`, `MESSAGE=${text}`]),
      '\n',
    ].join('\n');
  }).join('');
}

async function installed(): Promise<string | undefined> {
  for (const path of programs) {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}
