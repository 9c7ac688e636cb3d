/** Pieces of a base64 text shorter than this are not looked for: they would be found anywhere. */
const shortestPiece = 8;

/**
 * The forms in which a secret may stand in a text, all of them: as it is, line by line, in JSON (.NET's, which escapes more,
 * too), in a URL, and in base64 wherever it begins there. Characters are bytes (Latin-1 of its UTF-8).
 */
export function formsOf(secret: string): readonly string[] {
  const plain = latin1(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  const dotnet = json.replace(/[+'&<>`]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  const lines = secret.split(/\r?\n/).length > 1 ? secret.split(/\r?\n/).map(latin1) : [];
  const forms = [
    plain,
    ...lines,
    latin1(json),
    latin1(dotnet),
    latin1(json.replaceAll('/', '\\/')),
    encodeURIComponent(secret.toWellFormed()),
    ...inBase64(Buffer.from(secret)),
  ];
  return [...new Set(forms)].filter((form) => form.length >= shortestPiece);
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

/** What of a text's base64 does not depend on what stands before and behind it, for each of its three alignments. */
function inBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // A character has six bits: the first ones hold some of what stands before, the last one of what follows.
    const piece = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [piece, piece.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
