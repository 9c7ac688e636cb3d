import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const top = join(import.meta.dirname, '../../..');

/** Every Markdown file of the repository, by its path from the top. */
export const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: top,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((page) => existsSync(join(top, page)));

export const textOf = (page: string): string => readFileSync(join(top, page), 'utf8');

export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const fence = /^([ \t]*)```(\w*)\n([\s\S]*?)^[ \t]*```$/gm;

/** The fenced blocks of all pages. */
export const blocks: readonly Block[] = pages.flatMap((page) =>
  [...textOf(page).matchAll(fence)].map(([, , language = '', text = '']) => ({ page, language, text })),
);

/** A page without its fenced blocks. */
export const prose = (page: string): string => textOf(page).replace(fence, '');

/** What stands between backticks in the prose of a page, in one line each. */
export const codeIn = (page: string): string[] =>
  [...prose(page).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '));

export interface Command {
  readonly page: string;
  readonly words: readonly string[];
  /** From a block, so that it is complete; in prose a command may only be named. */
  readonly whole: boolean;
}

/** The words of a command line as a shell takes them apart; what stands behind # is a comment. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const comment = words.findIndex((word) => word.startsWith('#'));
  return words
    .slice(0, comment === -1 ? undefined : comment)
    .map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, (_, one = '', other = '') => one + other));
}

/** Every command line of blocks for a shell, and every piece of code in the prose, cut into words. */
export const commands: readonly Command[] = [
  ...blocks
    .filter(({ language }) => language === 'sh' || language === 'bash')
    .flatMap(({ page, text }) =>
      text
        .replace(/\\\n/g, ' ')
        .split('\n')
        .map((line) => ({ page, words: wordsOf(line), whole: true })),
    ),
  ...pages.flatMap((page) => codeIn(page).map((code) => ({ page, words: wordsOf(code), whole: false }))),
].filter(({ words }) => words.length > 0);
