import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * The licences of the packages that these bundles hold something of, each text once: most ask that theirs goes with every copy,
 * and few packages have it in a comment. `top` is the folder that the bundles were made in.
 */
export async function licences(bundles: readonly Metafile[], top: string): Promise<string> {
  const parts = bundles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.entries(inputs));
  const folders = parts.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? (packageOf(path) ?? []) : []));
  const byText = new Map<string, Set<string>>();
  for (const folder of [...new Set(folders)].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(top, folder, 'package.json'), 'utf8')) as Package;
    const text =
      (await licenceText(join(top, folder))) ?? `The package says: ${license}. It has no file with the text.`;
    byText.set(text, (byText.get(text) ?? new Set()).add(`${name} ${version}`));
  }
  const chapters = [...byText].map(([text, names]) => `${[...names].join('\n')}\n\n${text}\n`);
  return chapters.join(`\n${'-'.repeat(80)}\n\n`);
}

/** The folder of the innermost package that a file lies in; undefined for a file of ours. */
const packageOf = (path: string): string | undefined =>
  /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.replaceAll('\\', '/'))?.[0];

async function licenceText(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)\b[^/]*$/i.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  const whole = texts.map((text) => text.replaceAll('\r\n', '\n').trim()).filter(Boolean);
  return whole.length === 0 ? undefined : whole.join('\n\n');
}
