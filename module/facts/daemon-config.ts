import { readdir } from 'node:fs/promises';
import { parse, TomlError } from 'smol-toml';
import type { HostView } from './fact.ts';
import { hostPath, hostText } from './host-view.ts';

/** The daemons of IoT Edge that have a configuration of their own under /etc/aziot. */
export const daemons = ['keyd', 'certd', 'tpmd', 'identityd', 'edged'] as const;
export type Daemon = (typeof daemons)[number];

export interface ConfigProblem {
  readonly kind: 'permission-denied' | 'unreadable' | 'syntax' | 'invalid';
  /** The device's path, when it is one file's. */
  readonly file?: string;
  /** Without any text of the file. */
  readonly message: string;
}

export type Table = Readonly<Record<string, unknown>>;

/**
 * A daemon's `config.toml` merged with every `*.toml` of its `config.d` in sorted order, as the daemons do it
 * (config-common, `read_config`): tables key by key, arrays one after the other, anything else replaced. A missing file
 * or folder is fine. Problems quote nothing of the files.
 */
export async function readDaemonConfig(
  view: HostView,
  daemon: Daemon,
  signal: AbortSignal,
): Promise<{ readonly value: Table } | { readonly problem: ConfigProblem }> {
  const folder = `/etc/aziot/${daemon}`;
  let merged: Table = {};
  let file = `${folder}/config.d`;
  try {
    const names = await namesIn(hostPath(view, file));
    for (const path of [`${folder}/config.toml`, ...names.map((name) => `${folder}/config.d/${name}`)]) {
      file = path;
      const text = await hostText(view, path, signal);
      if (text !== undefined) merged = merge(merged, parse(text)) as Table;
    }
    return { value: merged };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: { ...problemOf(error), file } };
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.toml'))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function merge(below: unknown, above: unknown): unknown {
  if (Array.isArray(below) && Array.isArray(above)) return [...below, ...above];
  if (!isTable(below) || !isTable(above)) return above;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries(
    [...keys].map((key) => [
      key,
      key in below && key in above ? merge(below[key], above[key]) : (above[key] ?? below[key]),
    ]),
  );
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function problemOf(error: unknown): ConfigProblem {
  // The parser's message goes on with the lines of the file.
  if (error instanceof TomlError) {
    const said = error.message.split('\n')[0] ?? '';
    return { kind: 'syntax', message: `${said} (line ${error.line}, column ${error.column})` };
  }
  const { code } = error as NodeJS.ErrnoException;
  const denied = code === 'EACCES' || code === 'EPERM';
  return {
    kind: denied ? 'permission-denied' : 'unreadable',
    message: `it cannot be read: ${code ?? 'unknown error'}`,
  };
}
