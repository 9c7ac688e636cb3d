import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvFile } from '../../../scripts/manifest/env-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'env-file-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (text: string) => {
  writeFileSync(join(folder, '.env'), text);
  return readEnvFile(join(folder, '.env'));
};

// What python-dotenv makes of each, which iotedgedev reads .env with.
test.each<[string, Record<string, string>]>([
  ['A=ab#cd', { A: 'ab#cd' }],
  ['A=ab #cd', { A: 'ab' }],
  ['A= # none', { A: '' }],
  ['A=', { A: '' }],
  ['A="" # none\nB=1', { A: '', B: '1' }],
  ['A=a=b==', { A: 'a=b==' }],
  ['A = x y ', { A: 'x y' }],
  ['export A=1', { A: '1' }],
  ['A="a\\"b#c"', { A: 'a"b#c' }],
  ["A='a\\'b#c'", { A: "a'b#c" }],
  ['A="a\\\\b\\nc"', { A: 'a\\b\nc' }],
  ["A='a\\nb$HOME'", { A: 'a\\nb$HOME' }],
  ['A=a\\b$HOME"c', { A: 'a\\b$HOME"c' }],
  ["A=it's", { A: "it's" }],
  ['A="two\nlines"\nB=1', { A: 'two\nlines', B: '1' }],
  ['\uFEFFA=1\r\nB="2"\r\n\r\n# a comment\r\nC=3 \r\n', { A: '1', B: '2', C: '3' }],
  ['', {}],
])('%j', async (text, variables) => {
  expect(await read(text)).toEqual(variables);
});

test.each([
  ['A="hunter2', 1],
  ["# a comment\n\nA='hunter2\nB=1", 3],
  ['A="x\ny"\nB="hunter2"3', 3],
  ['A= "hunter2"x', 1],
  ['A=1\nhunter2', 2],
  ['=hunter2', 1],
])('%j is refused by its line, without a value', async (text, line) => {
  const told = await read(text).then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );
  expect(told).toBe(
    `${join(folder, '.env')} cannot be read: line ${line} must be NAME=value, and a quote must have its second.`,
  );
});

test('no file is no variables', async () => {
  expect(await readEnvFile(join(folder, 'none'))).toEqual({});
});
