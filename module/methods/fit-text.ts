/** What a text takes in an answer: bytes of JSON, quotes and escapes included. */
const jsonBytes = (text: string) => Buffer.byteLength(JSON.stringify(text));

export interface Fitted {
  readonly text: string;
  readonly cut: boolean;
}

/** The last, or the first, whole lines of a text that fit into so many bytes of JSON. */
export function fitLines(text: string, most: number, keep: 'last' | 'first'): Fitted {
  let kept = text;
  for (let bytes = jsonBytes(kept); bytes > most; bytes = jsonBytes(kept)) {
    // A little less each time, so that it comes to an end.
    const length = Math.floor(((kept.length * most) / bytes) * 0.98);
    kept = keep === 'last' ? linesFrom(kept, kept.length - length) : linesTo(kept, length);
  }
  return { text: kept, cut: kept.length < text.length };
}

/** What follows the first line break at or after a place. */
function linesFrom(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return end < 0 ? '' : text.slice(end + 1);
}

/** What ends with the last line break before a place. */
function linesTo(text: string, at: number): string {
  return at === 0 ? '' : text.slice(0, text.lastIndexOf('\n', at - 1) + 1);
}
