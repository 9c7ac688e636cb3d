import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ArchivePart, zip } from '../module/bundle/archive.ts';
import { fileName } from '../module/bundle/file-name.ts';
import { type ContainerEnvironment, maskContainer, secretsOf } from '../module/redact/container.ts';
import { readCustomRules } from '../module/redact/custom.ts';
import { type Account, createRedactor, type Redactor, type Scope } from '../module/redact/redact.ts';
import { numberedName } from '../module/storage/names.ts';
import { type Progress, startProgress } from './progress.ts';
import { openZip, textOf, type Zip, type ZippedFile } from './zip.ts';

export interface RedactOrder {
  readonly bundle: string;
  /** Default: the bundle's name with `-redacted`, beside it. It must not exist. */
  readonly out?: string;
  readonly scope: Exclude<Scope, 'known'>;
  /** Hex; the same key gives the same tokens. Default: one for this copy alone. */
  readonly key?: string;
  /** NAME=PATTERN each; see docs/redaction.md. */
  readonly rules: readonly string[];
}

/** What was taken out. */
export interface Redacted {
  readonly out: string;
  readonly total: number;
  readonly rules: Readonly<Record<string, number>>;
  readonly files: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Files that are not in the copy, since they are no text. */
  readonly leftOut: readonly string[];
}

/** Larger JSON than this is taken as text only. */
const largestJson = 16e6;

/** Writes a redacted copy of a zip, ours or of `iotedge support-bundle`. Rejects with an Error of one sentence. */
export async function redactBundle(order: RedactOrder): Promise<Redacted> {
  const { bundle, scope } = order;
  const out = order.out ?? join(dirname(bundle), `${basename(bundle, extname(bundle))}-redacted.zip`);
  const files: Record<string, Readonly<Record<string, number>>> = {};
  const leftOut: string[] = [];
  const own = redactorOf(order);
  await using archive = await openZip(bundle);
  const redactor = own.with(await secretsIn(archive));
  const progress = startProgress(
    'redacting',
    archive.files.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const names = new Set(archive.files.map(({ name }) => name));

  async function* parts(): AsyncIterable<ArchivePart> {
    for (const file of archive.files) {
      if (await isBinary(file)) {
        leftOut.push(file.name);
        progress.add(file.bytes);
        continue;
      }
      const account: Account = new Map();
      const name = fileName(file.name, (text) => redactor.text(text, scope, account));
      yield { name, date: file.date, body: await bodyOf(file, redactor, scope, account, progress) };
      if (account.size > 0) files[name] = Object.fromEntries(account);
    }
    // A bundle of ours has one of its own, a copy of a copy one more.
    const name = names.has('redaction.json') ? freeName('redaction-of-copy.json', names) : 'redaction.json';
    const text = `${JSON.stringify({ schema: 'edge-support-redaction/1', scope, ...sums(files), files, leftOut }, null, 2)}\n`;
    yield { name, body: redactor.stream(once(Buffer.from(text)), scope) };
  }

  let begun = false;
  try {
    const target = createWriteStream(out, { flags: 'wx', mode: 0o600 });
    target.once('open', () => {
      begun = true;
    });
    await pipeline(zip(parts()), target);
  } catch (error) {
    if (begun) await rm(out, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'EEXIST' ? new Error(`${out} exists already; name another file with --out.`) : error;
  } finally {
    progress.end();
  }
  return { out, ...sums(files), files, leftOut };
}

function redactorOf({ key, rules }: RedactOrder): Redactor {
  if (key !== undefined && !/^(?:[0-9a-f]{2}){16,}$/i.test(key))
    throw new Error('--key must be at least 32 hex digits.');
  const { rules: custom, refused } = readCustomRules(rules);
  for (const [at, why] of Object.entries(refused)) throw new Error(`--rule ${rules[Number(at)]} ${why}`);
  return createRedactor({
    key: key === undefined ? randomBytes(32) : Buffer.from(key, 'hex'),
    known: () => [],
    custom: () => custom,
  });
}

/** A text has no zero byte near its beginning. */
async function isBinary(file: ZippedFile): Promise<boolean> {
  for await (const part of file.read()) return part.subarray(0, 8192).includes(0);
  return false;
}

async function bodyOf(file: ZippedFile, redactor: Redactor, scope: Scope, account: Account, progress: Progress) {
  const counted = async function* () {
    for await (const part of file.read()) {
      progress.add(part.length);
      yield part;
    }
  };
  if (!file.name.endsWith('.json') || file.bytes > largestJson) return redactor.stream(counted(), scope, account);
  const text = await textOf(file);
  progress.add(file.bytes);
  const json = parsed(text);
  if (json === undefined) return redactor.stream(once(Buffer.from(text)), scope, account);
  // What the engine says of a container has environment values, masked by where they stand.
  const masked = ofEngine.test(file.name) ? maskContainer(json, redactor, account) : json;
  return redactor.jsonText(masked, scope, account);
}

const ofEngine = /^(?:inspect|docker)\//;

/** An object or a list; undefined for what is none, as the original's check.json may be. */
function parsed(text: string): object | undefined {
  try {
    const json = JSON.parse(text) as unknown;
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

/** The secrets in the environments that the bundle shows, as a module learns them, so that they are found in its logs too. */
async function secretsIn({ files }: Zip): Promise<readonly string[]> {
  const found = new Set<string>();
  const names = new Set<string>();
  for (const file of files) {
    const name = /^inspect\/([^/]+)\.json$/.exec(file.name)?.[1];
    if (name === undefined || file.bytes > largestJson) continue;
    names.add(name);
    for (const inspect of [parsed(await textOf(file)) ?? []].flat() as readonly ContainerEnvironment[]) {
      for (const secret of secretsIfAny(inspect)) found.add(secret);
      // Names that everybody needs, whatever a variable is called.
      const env: unknown = inspect?.Config?.Env;
      for (const pair of Array.isArray(env) ? env : []) names.add(/^IOTEDGE_\w+=(.*)$/.exec(String(pair))?.[1] ?? '');
    }
  }
  return [...found].filter((secret) => !names.has(secret));
}

/** Of an inspect that is none, nothing. */
function secretsIfAny(inspect: ContainerEnvironment): readonly string[] {
  try {
    return secretsOf(inspect);
  } catch {
    return [];
  }
}

/** The name, or one like it that is not there yet. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let number = 1;
  while (taken.has(numberedName(name, number))) number += 1;
  return numberedName(name, number);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function sums(files: Redacted['files']): Pick<Redacted, 'total' | 'rules'> {
  const rules: Record<string, number> = {};
  for (const counts of Object.values(files)) {
    for (const [rule, count] of Object.entries(counts)) rules[rule] = (rules[rule] ?? 0) + count;
  }
  return { total: Object.values(rules).reduce((sum, count) => sum + count, 0), rules };
}
