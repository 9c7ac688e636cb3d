/** The up to three names that differ from `text` by the fewest edits, nearest first; before them those that contain it. */
export function nearest(text: string, names: readonly string[]): readonly string[] {
  const own = text.toLowerCase();
  const far = (name: string) => distance(own, name) / (own.length > 2 && name.includes(own) ? 100 : 1);
  const distances = new Map(names.map((name) => [name, far(name.toLowerCase())]));
  return [...names].sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0)).slice(0, 3);
}

/**
 * The name that `text` seems to be a slip of: the same but for `_` and `-`, or one letter off, two in longer names.
 * Texts under five letters are too short to tell.
 */
export function slipOf(text: string, names: readonly string[]): string | undefined {
  const plain = (name: string) => name.toLowerCase().replace(/[_-]/g, '');
  const own = plain(text);
  if (own.length < 5) return undefined;
  const most = own.length > 5 ? 2 : 1;
  return names.find((name) => name.length > 3 && distance(own, plain(name)) <= most);
}

/** Levenshtein's: the number of letters to insert, remove or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [above, letter] of [...a].entries()) {
    const next = [above + 1];
    for (const [at, other] of [...b].entries()) {
      const replaced = (row[at] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
