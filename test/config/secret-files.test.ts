import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../../module/config/config.ts';
import { readSecretFiles } from '../../module/config/secret-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sas = 'https://a.example/c?sv=1&sig=hunter2';
const fileWith = (content: string | Buffer) => {
  const file = join(folder, 'secret');
  writeFileSync(file, content);
  return file;
};

test('a secret stands in the file that the variable names, and holds as if it stood in the environment', () => {
  const { variables, refused } = readSecretFiles({
    EDGE_SUPPORT_STORAGE_SAS_URL_FILE: fileWith(`${sas}\r\n`),
    RuntimeLogLevel: 'debug',
  });
  expect(refused).toEqual({});
  expect(resolveConfig(variables, {}).values).toMatchObject({ storageSasUrl: sas, logLevel: 'debug' });
  // As everywhere the twin goes first.
  expect(resolveConfig(variables, { storage: { sasUrl: 'https://t.example/c' } }).values.storageSasUrl).toBe(
    'https://t.example/c',
  );
});

test('only secrets are read from files', () => {
  const given = { RuntimeLogLevel_FILE: fileWith('debug'), EDGE_SUPPORT_STORAGE_CONNECTION_STRING_FILE: '' };
  expect(readSecretFiles(given)).toEqual({ variables: given, refused: {} });
});

const name = 'EDGE_SUPPORT_STORAGE_CONNECTION_STRING_FILE';
const refusalOf = (file: string, more: Record<string, string> = {}) => {
  const { variables, refused } = readSecretFiles({ [name]: file, ...more });
  const text = JSON.stringify(refused);
  expect(text).not.toContain('hunter2');
  expect(variables['EDGE_SUPPORT_STORAGE_CONNECTION_STRING']).toBe(more['EDGE_SUPPORT_STORAGE_CONNECTION_STRING']);
  return refused[name];
};

test('what cannot be read is refused with one sentence, and nothing waits for it', () => {
  const missing = join(folder, 'missing');
  expect(refusalOf(missing)).toBe(`${name} names ${missing}, which cannot be read (ENOENT).`);
  expect(refusalOf(folder)).toBe(`${name} names ${folder}, which cannot be read (no file).`);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(refusalOf(pipe)).toBe(`${name} names ${pipe}, which cannot be read (no file).`);
  expect(refusalOf('/dev/zero')).toBe(`${name} names /dev/zero, which cannot be read (no file).`);
  expect(refusalOf(fileWith(' \n'))).toBe(`${name} names ${folder}/secret, which is empty.`);
});

test('a file of 16 KB is read, a larger one is not', () => {
  const full = fileWith('x'.repeat(16_384));
  expect(readSecretFiles({ [name]: full }).variables['EDGE_SUPPORT_STORAGE_CONNECTION_STRING']).toHaveLength(16_384);
  const file = fileWith(`hunter2${' '.repeat(16_384)}`);
  expect(refusalOf(file)).toBe(`${name} names ${file}, which has more than 16384 bytes.`);
});

test('of a variable and a file the variable holds, and that is said', () => {
  const file = fileWith('hunter2');
  expect(refusalOf(file, { EDGE_SUPPORT_STORAGE_CONNECTION_STRING: 'own' })).toBe(
    `${name} is not read, because EDGE_SUPPORT_STORAGE_CONNECTION_STRING is set too.`,
  );
});
