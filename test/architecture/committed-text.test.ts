import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const top = join(import.meta.dirname, '../..');

/** Written in pieces, so that this file does not contain what it looks for. */
const registries = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['pypi', 'org'],
  ['crates', 'io'],
  ['proxy', 'golang', 'org'],
  ['repo1', 'maven', 'org'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['archive', 'ubuntu', 'com'],
].map((parts) => parts.join('.'));
const workFolder = ['', 'work', ''].join('/');

/** Files under version control or about to be, without those that git ignores. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
  cwd: top,
  encoding: 'utf8',
})
  .split('\0')
  .filter(Boolean);

test('no committed text names a package registry or a folder of one machine', () => {
  const found = files.flatMap((file) => {
    const text = textOf(file);
    return [...registries, workFolder].filter((word) => text.includes(word)).map((word) => `${file} contains ${word}`);
  });
  expect(files.length).toBeGreaterThan(10);
  expect(found).toEqual([]);
});

test('the lock file says what to install, not where from', () => {
  expect(textOf('package-lock.json')).not.toMatch(/"resolved": "(?!file:)/);
  expect(textOf('.npmrc')).not.toMatch(/registry|_auth/i);
});

/** The text of a file; nothing for a binary one, or one that was deleted and not yet committed. */
function textOf(file: string): string {
  try {
    const content = readFileSync(join(top, file));
    return content.includes(0) ? '' : content.toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
