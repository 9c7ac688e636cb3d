/** Where the pages of the checks are readable: a folder of this repository, until it has an address of its own. */
const folder = 'docs/checks';

/** The page of a check: what it looks at, how to fix what it finds, what it depends on. */
export function pageOf(id: string): string {
  return `${folder}/${id}.md`;
}
