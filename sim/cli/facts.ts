import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { LocalEdge } from '../edge.ts';

/** How `npm run invoke` finds the local IoT Edge that `npm run sim` keeps running. */
export interface SimFacts {
  readonly pid: number;
  readonly serviceConnectionString: string;
  readonly rootCertificate: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly containerSasUrl: string;
}

const folder = '.edge-support';
const name = 'sim.json';
const rootFile = 'root-ca.pem';

/** Writes the facts for their owner only (they hold keys), and the hub's root certificate for curl. */
export async function writeFacts(projectDir: string, edge: LocalEdge): Promise<{ rootCertificateFile: string }> {
  const facts: SimFacts = {
    pid: process.pid,
    serviceConnectionString: edge.hub.serviceConnectionString,
    rootCertificate: edge.pki.rootCertificate,
    deviceId: edge.deviceId,
    moduleId: edge.moduleId,
    containerSasUrl: edge.blob.containerSasUrl({ expiresOn: new Date(Date.now() + 24 * 3_600_000) }),
  };
  const dir = join(projectDir, folder);
  await mkdir(dir, { recursive: true });
  const file = join(dir, name);
  await writeFile(file, JSON.stringify(facts, null, 2), { mode: 0o600 });
  await chmod(file, 0o600);
  await writeFile(join(dir, rootFile), facts.rootCertificate);
  return { rootCertificateFile: join(folder, rootFile) };
}

/** Reads the facts; throws one sentence when no local IoT Edge runs. */
export async function readFacts(projectDir: string): Promise<SimFacts> {
  const text = await readFile(join(projectDir, folder, name), 'utf8').catch(() => undefined);
  const facts = text === undefined ? undefined : (JSON.parse(text) as SimFacts);
  if (!facts || !isAlive(facts.pid))
    throw new Error('No local IoT Edge is running here; start one with `npm run sim`.');
  return facts;
}

/** Removes what writeFacts wrote, unless another local IoT Edge has replaced it. */
export async function removeFacts(projectDir: string): Promise<void> {
  const dir = join(projectDir, folder);
  const text = await readFile(join(dir, name), 'utf8').catch(() => undefined);
  if (text === undefined || (JSON.parse(text) as SimFacts).pid !== process.pid) return;
  for (const file of [name, rootFile]) await rm(join(dir, file), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
