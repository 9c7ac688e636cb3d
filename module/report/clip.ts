/** So many bytes a value takes in an answer. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** The text with its middle cut out, so that its JSON has `bytes` bytes and a mark; as it is when it has no more. */
export function clip(text: string, bytes: number): string {
  if (text.length < bytes / 6 || jsonBytes(text) <= bytes + 2) return text;
  // No character has less than one byte, so that more of the text need not be looked at.
  const front = within([...text.slice(0, bytes)], bytes * 0.7).join('');
  const back = within([...text.slice(-bytes)].reverse(), bytes * 0.3)
    .reverse()
    .join('');
  return `${front} … ${text.length - front.length - back.length} characters cut … ${back}`;
}

/** The list without its middle, with a mark in its place: the first says what, the last says why. */
export function clipList(list: readonly string[], most: number): readonly string[] {
  if (list.length <= most) return list;
  const front = Math.ceil(most / 2);
  return [...list.slice(0, front), `… ${list.length - most} more cut …`, ...list.slice(list.length - (most - front))];
}

/** Those of the first characters that fit into so many bytes of JSON. */
function within(characters: readonly string[], bytes: number): string[] {
  let left = bytes;
  const past = characters.findIndex((character) => {
    left -= jsonBytes(character) - 2;
    return left < 0;
  });
  return characters.slice(0, past === -1 ? undefined : past);
}
