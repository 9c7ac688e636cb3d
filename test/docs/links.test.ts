import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { codeIn, pages, prose, top } from './support/pages.ts';

interface Link {
  readonly from: string;
  /** From the top of the repository. */
  readonly to: string;
  readonly anchor: string | undefined;
}

/** The links of a page to files of this repository and to headings. */
function linksOf(page: string): Link[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#');
      return { from: page, to: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** Headings as GitHub names them in addresses. */
const anchorsOf = (page: string) =>
  [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const links = pages.flatMap(linksOf);

test('every link leads to a file, and to a heading where it names one', () => {
  expect(links.length).toBeGreaterThan(50);
  const dead = links.filter(
    ({ to, anchor }) =>
      !existsSync(join(top, to)) || (anchor !== undefined && (!to.endsWith('.md') || !anchorsOf(to).includes(anchor))),
  );
  expect(dead).toEqual([]);
});

test('every page can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const { from, to } of links) if (from === page) reached.add(to);
  }
  const isReached = (page: string) => reached.has(page) || reached.has(dirname(page));
  expect(pages.filter((page) => !isReached(page))).toEqual([]);
});

test('files of this repository that a page names are there', () => {
  const ofOurs = /^(?:\.\.\/)*((?:module|cli|sim|test|bench|scripts|docs)\/[\w./-]+)$/;
  const named = pages.flatMap((page) =>
    codeIn(page)
      .flatMap((code) => code.split(' '))
      .flatMap((word) => ofOurs.exec(word)?.[1] ?? [])
      .map((path) => ({ page, path })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ path }) => !existsSync(join(top, path)))).toEqual([]);
});

test('the README takes three minutes', () => {
  const read = prose('README.md').replace(/\]\([^)]*\)/g, '');
  const wordsAMinute = 250;
  expect(read.match(/[\w.'’/-]*\w[\w.'’/-]*/g)?.length).toBeLessThan(3 * wordsAMinute);
});
