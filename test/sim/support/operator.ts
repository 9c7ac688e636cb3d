import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestHub } from './hub.ts';

/** The real service SDK in a real Node process that trusts the hub's root. */
export interface Operator {
  invoke(deviceId: string, moduleId: string, params: Record<string, unknown>): Promise<unknown>;
  getTwin(deviceId: string, moduleId: string): Promise<Record<string, unknown>>;
  updateTwin(deviceId: string, moduleId: string, patch: unknown, etag: string): Promise<Record<string, unknown>>;
  modules(deviceId: string): Promise<readonly Record<string, unknown>[]>;
  /** PEM file of the root, for `curl --cacert`. */
  readonly rootFile: string;
  stop(): Promise<void>;
}

/** What the SDK threw in the other process. */
export type OperatorError = { readonly name: string; readonly message: string; readonly responseBody?: string };

type Reply = { readonly id: number; readonly result?: unknown; readonly error?: OperatorError };

/** Starts the process. Calls reject with an OperatorError. */
export async function startOperator({ hub }: TestHub): Promise<Operator> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sim-operator-'));
  const rootFile = path.join(folder, 'root.pem');
  await writeFile(rootFile, hub.rootCertificate);
  const child = fork(path.join(import.meta.dirname, 'operator-child.ts'), [hub.serviceConnectionString], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: rootFile },
    execArgv: [],
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  let last = 0;
  child.on('message', (reply: Reply) => waiting.get(reply.id)?.(reply));

  function call(name: string, ...args: unknown[]): Promise<never> {
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error === undefined) resolve(result as never);
        else reject(error);
      });
      child.send({ id, call: name, args });
    });
  }

  return {
    invoke: (...args) => call('invoke', ...args),
    getTwin: (...args) => call('getTwin', ...args),
    updateTwin: (...args) => call('updateTwin', ...args),
    modules: (...args) => call('modules', ...args),
    rootFile,
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
