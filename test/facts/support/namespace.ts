import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { FactName, Readings } from '../../../module/facts/index.ts';
import type { NamespaceRequest } from './namespace-child.ts';

/** Reads facts in a process of its own, started by `command` (`nsenter …`), which puts it into a network namespace. */
export async function readInside<N extends FactName>(
  [program, ...before]: readonly [string, ...string[]],
  request: NamespaceRequest & { readonly names: readonly N[] },
): Promise<Readings<N>> {
  const child = join(import.meta.dirname, 'namespace-child.ts');
  const args = [...before, process.execPath, child, JSON.stringify(request)];
  // The helper container has no proxy of whoever runs the tests either.
  const { stdout } = await promisify(execFile)(program, args, { env: { PATH: process.env.PATH }, timeout: 30_000 });
  return JSON.parse(stdout) as Readings<N>;
}
