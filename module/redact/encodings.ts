/** Pieces of a base64 text shorter than this are not looked for: they would be found anywhere. */
const shortestPiece = 8;

/**
 * The forms in which a secret may stand in a text, all of them: as it is, line by line, in JSON (and in JSON within JSON; as .NET,
 * Go and Python write it, who escape more), in a URL, and in base64 wherever it begins there. One that was kept encoded for a
 * URL is looked for as it was before, too. Characters are bytes (Latin-1 of its UTF-8).
 */
export function formsOf(secret: string): readonly string[] {
  const decoded = withoutPercents(secret);
  const forms = [secret, ...(decoded === secret ? [] : [decoded])].flatMap((text) => [
    latin1(text),
    ...(/[\r\n]/.test(text) ? linesOf(text).map(latin1) : []),
    ...inJson(text).map(latin1),
    ...inUrl(text),
    ...inBase64(Buffer.from(text)),
  ]);
  return [...new Set(forms)].filter((form) => form.length >= shortestPiece);
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

/** What frames a key in PEM frames every other, too. */
const linesOf = (text: string) => text.split(/\r?\n/).filter((line) => !line.startsWith('-----'));

function inJson(text: string): readonly string[] {
  const inner = (value: string) => JSON.stringify(value).slice(1, -1);
  const json = inner(text);
  const code = (letter: string) => letter.charCodeAt(0).toString(16).padStart(4, '0');
  const escaped = (from: string, letters: RegExp) =>
    [code, (letter: string) => code(letter).toUpperCase()].map((hex) =>
      from.replace(letters, (letter) => `\\u${hex(letter)}`),
    );
  // .NET escapes quotes too, instead of a backslash before them.
  const quotes = json.replaceAll('\\"', '\\u0022');
  const beyond = '\\u0080-\\uffff';
  return [
    json,
    inner(json),
    json.replaceAll('/', '\\/'),
    ...escaped(json, new RegExp(`[${beyond}]`, 'g')),
    ...escaped(json, /[<>&]/g),
    ...escaped(json, /[+'&<>`]/g),
    ...escaped(quotes, new RegExp(`[+'&<>\`\\x7f${beyond}]`, 'g')),
  ];
}

/** By JavaScript, by RFC 3986, by forms; with hex digits in either case. */
function inUrl(text: string): readonly string[] {
  const url = encodeURIComponent(text.toWellFormed());
  const all = url.replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return [url, all, all.replaceAll('%20', '+')].flatMap((one) => [
    one,
    one.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
  ]);
}

/** As it was before it was encoded for a URL, if it was. */
function withoutPercents(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What of a text's base64 does not depend on what stands before and behind it, for each of its three alignments. */
function inBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // A character has six bits: the first ones hold some of what stands before, the last one of what follows.
    const piece = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [piece, piece.replaceAll('+', '-').replaceAll('/', '_'), piece.replaceAll('+', '\\u002B')];
  });
}
