import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostView, type JournalAsk, Unavailable } from './fact.ts';

const programs = ['/usr/bin/journalctl', '/bin/journalctl'];
const libraries = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];

const journals = ['/var/log/journal', '/run/log/journal'];

/** What of the device is bound for it: the program with its libraries, and the journal. */
export const hostJournalMounts: readonly string[] = [...programs, ...libraries, ...journals];

/** Whether a journal can be read at all when these mounts are not there. */
export function lacksJournal(absent: readonly string[]): boolean {
  return [programs, journals].some((paths) => paths.every((path) => absent.includes(path)));
}

/**
 * A part of the host's journal as text, by the host's own `journalctl`: another one might not know the form of its files.
 * Times go in as seconds since 1970 and come out in UTC, so that no time zone shifts them. Rejects with Unavailable
 * `mount-missing` where there is no journalctl or no journal, and with an Error in journalctl's words.
 */
export async function* readHostJournal(
  view: HostView,
  ask: JournalAsk,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { root } = view;
  if (!(await firstThere(root, journals))) throw missing(`no journal (${journals.join(', ')})`);
  const program = await firstThere(root, programs);
  if (program === undefined) throw missing(`no journalctl (${programs.join(', ')})`);
  const loader = await loaderOf(join(root, program));
  if (loader === undefined || !(await firstThere(root, [loader]))) throw missing('no journalctl that can be run here');

  const child = spawn(
    join(root, loader),
    ['--library-path', (await libraryPath(root)).join(':'), join(root, program), ...parametersOf(root, ask)],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { LC_ALL: 'C.UTF-8', TZ: 'UTC' }, signal },
  );
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  ended.catch(() => undefined);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const [code, killed] = await ended;
    if (code === 0) return;
    const words = said.trim().split('\n').at(-1) ?? '';
    throw new Error(`journalctl ended with ${killed ?? `status ${code}`}${words === '' ? '' : `: ${words}`}`);
  } finally {
    child.kill('SIGKILL');
  }
}

/** See journalctl(1). */
function parametersOf(root: string, { units = [], kernel = false, since, until, lines }: JournalAsk): string[] {
  return [
    `--root=${root}`,
    '--no-pager',
    '--quiet',
    '--utc',
    '--output=short-iso-precise',
    ...(since === undefined ? [] : [`--since=@${Math.floor(since)}`]),
    ...(until === undefined ? [] : [`--until=@${Math.ceil(until)}`]),
    ...(lines === undefined ? [] : [`--lines=${lines}`]),
    ...units.map((unit) => `--unit=${unit}.service`),
    ...(kernel ? ['_TRANSPORT=kernel'] : []),
  ];
}

const missing = (what: string) => new Unavailable('mount-missing', `The host has ${what}.`);

async function firstThere(root: string, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const there = await access(join(root, path)).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

/**
 * The program that loads a program with its libraries, named in its ELF file (PT_INTERP) near the beginning. By it a
 * program of the host runs in a container that has other libraries, or none.
 */
async function loaderOf(program: string): Promise<string | undefined> {
  const file = await open(program);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8192), 0, 8192, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    return /(\/[\w./-]*\/ld[\w.-]*\.so\.\d+)\0/.exec(head)?.[1];
  } finally {
    await file.close();
  }
}

/** Where the host's libraries lie: folders of their own for each architecture (Debian) or none, and systemd's own below. */
async function libraryPath(root: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const library of libraries) {
    const names = await readdir(join(root, library)).catch(() => []);
    const own = names.filter((name) => /-linux-(?:gnu|musl)/.test(name)).map((name) => `${library}/${name}`);
    folders.push(...own, library);
  }
  return folders.flatMap((folder) => [join(root, folder), join(root, folder, 'systemd')]);
}
