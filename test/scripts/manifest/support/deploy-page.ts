import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Json, top } from './manifests.ts';

/** One ```json block of docs/deploy.md. */
export interface Snippet {
  readonly heading: string;
  readonly json: Json;
}

/** The blocks below these headings of the page, down to the next of the same level. */
export function snippets(section: string): Snippet[] {
  const page = readFileSync(join(top, 'docs/deploy.md'), 'utf8');
  const level = /^#+/.exec(section)?.[0] ?? '';
  const [, after = ''] = page.split(`\n${section}\n`);
  const part = after.split(new RegExp(`^#{1,${level.length}} `, 'm'))[0] ?? '';
  let heading = section;
  return [...part.matchAll(/^#+ .*$|^```json\n([\s\S]*?)^```$/gm)].flatMap(([line, json]) => {
    if (json === undefined) heading = line;
    return json === undefined ? [] : [{ heading: heading.replace(/^#+ /, ''), json: JSON.parse(json) }];
  });
}

/** As the page says: names that are there are replaced, the rest stays. */
export function merged(base: unknown, more: unknown): unknown {
  const isObject = (value: unknown): value is Json =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(base) || !isObject(more)) return more;
  const both = Object.entries(more).map(([name, own]) => [name, name in base ? merged(base[name], own) : own]);
  return { ...base, ...Object.fromEntries(both) };
}
