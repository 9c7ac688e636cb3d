/**
 * Redaction alone: realistic logs through every rule, with a module's secrets to look for and with as many as a bundle can learn,
 * against `gzip -6` of the same bytes and against `sed -E` with five of the same patterns, in one run. Usage: node bench/redact.ts [MEGABYTES [PAIRS]]
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedactor } from '../module/redact/redact.ts';
import { type LogKind, writeLogFile } from './support/log-file.ts';
import { median, table } from './support/report.ts';

const [megabytes = 300, pairs = 3] = process.argv.slice(2).map(Number);
const bytesPerLine = 140;
const blockSize = 128 * 1024;

const patterns = [
  's/(SharedAccessKey=)[A-Za-z0-9+\\/=]+/\\1***/g',
  's/([?&]sig=)[A-Za-z0-9%]+/\\1***/g',
  's#(://[^:/@ ]*:)[^@/ ]+@#\\1***@#g',
  's/(Bearer )[A-Za-z0-9._-]+/\\1***/g',
  's/([A-Za-z_]*[Pp]assword[":= ]+)[^" ,;]+/\\1***/g',
];

const redactor = createRedactor({
  key: Buffer.from('bench'),
  known: () => ['a-secret-of-the-module', 'another-one-of-it', 'Zm9yIHRoZSBiZW5jaG1hcms='],
});

/** As many as a bundle learns at most. */
const learned = redactor.with(Array.from({ length: 500 }, () => randomBytes(18).toString('base64')));

/** Seconds for the whole file, read beforehand, in blocks as logs come. */
async function ours(file: string, own = redactor): Promise<number> {
  const whole = await readFile(file);
  const blocks = async function* () {
    for (let at = 0; at < whole.length; at += blockSize) yield whole.subarray(at, at + blockSize);
  };
  const started = performance.now();
  let bytes = 0;
  for await (const part of own.stream(blocks())) bytes += part.length;
  if (bytes < whole.length) throw new Error('Redaction lost something.');
  return (performance.now() - started) / 1000;
}

/** Seconds of a command that reads the file and writes to nowhere. */
function command(name: string, args: readonly string[]): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, LC_ALL: 'C' } });
    child.once('error', reject);
    child.once('exit', () => resolve((performance.now() - started) / 1000));
  });
}

const dir = await mkdtemp(join(tmpdir(), 'edge-support-bench-'));
const rows: string[][] = [];
try {
  for (const kind of ['device', 'repetitive', 'dense'] satisfies LogKind[]) {
    const file = join(dir, `${kind}.log`);
    const lines = Math.round((megabytes * 1e6) / bytesPerLine);
    await writeLogFile(file, kind, lines);
    const { size: bytes } = await stat(file);
    const times: { own: number; many: number; gzip: number; sed: number }[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      times.push({
        own: await ours(file),
        many: await ours(file, learned),
        gzip: await command('gzip', ['-6', '-c', file]),
        sed: await command('sed', ['-E', ...patterns.flatMap((one) => ['-e', one]), file]),
      });
    }
    const of = (key: 'own' | 'many' | 'gzip' | 'sed') => median(times.map((time) => time[key]));
    rows.push([
      `${kind}, ${(bytes / 1e6).toFixed(0)} MB`,
      `${of('own').toFixed(2)} s (${(bytes / 1e6 / of('own')).toFixed(0)} MB/s)`,
      `${of('many').toFixed(2)} s (${(bytes / 1e6 / of('many')).toFixed(0)} MB/s)`,
      `${of('gzip').toFixed(2)} s`,
      `${of('sed').toFixed(2)} s`,
      (of('own') / of('gzip')).toFixed(2),
      (of('own') / of('sed')).toFixed(2),
    ]);
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
const head = [
  'log',
  'redaction',
  'with 500 learned secrets',
  '`gzip -6`',
  '`sed -E`, five patterns',
  'of gzip',
  'of sed',
];
console.log(`Medians of ${pairs} runs in turns; ${cpus().length} CPUs.\n\n${table(head, rows)}`);
