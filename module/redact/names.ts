/** Of a key that is one, what kind it is of. */
const keys = [
  'api access account private shared primary secondary symmetric encryption decryption master sas auth client storage',
  'license subscription function functions device signing hmac admin consumer webhook session instrumentation',
].flatMap((kinds) => kinds.split(' '));

/** Between the words of a name. */
const joints = ['', '_', '-', '.'];

/** Short names, which are words of their own or the end of a longer one: what follows them belongs to the hint. */
const short = ['pass', 'pwd', 'psk'];

const isNameByte = (byte: number) =>
  (byte >= 0x30 && byte <= 0x3a) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  byte === 0x5f ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2d ||
  byte === 0x2e;

const isBlank = (byte: number) => byte === 0x20 || byte === 0x09;

/** So far back the beginning of a name is looked for. */
const longestName = 300;

/** Words of a name whose value is a secret, the source of a pattern. */
export const words = `pass(?:word|wd|phrase|code)|(?<![0-9+/])pwd|(?<![a-z0-9+/])(?:pass|psk)|secret|token|credentials?|connection[_.-]?string|(?:${keys.join('|')})[_.-]?key`;

/** What is in every one of them. */
export const wordHints: readonly string[] = [
  ...['password', 'passwd', 'passphrase', 'passcode', 'secret', 'token', 'credential'],
  ...short.flatMap((name) => ['"', "'", '=', ':', '\\', ' ', '>', '%'].map((end) => `${name}${end}`)),
  ...joints.map((joint) => `connection${joint}string`),
  ...keys.flatMap((kind) => joints.map((joint) => `${kind}${joint}key`)),
];

/**
 * Whether a value may follow the word that begins at `at` and ends before `end`: prose goes on otherwise, and most lines with such
 * a word are prose. The patterns are not run without it.
 */
export function mayHaveValue(bytes: Uint8Array, at: number, end: number): boolean {
  const last = bytes[end - 1] as number;
  // A hint that ends with what separates is followed by the value.
  if (!isNameByte(last) || last === 0x3a) return true;
  // Of credentials there are many; tokens are counted.
  const isMany = (last | 0x20) === 0x6c && ((bytes[end] ?? 0) | 0x20) === 0x73;
  let place = isMany ? end + 1 : end;
  const next = bytes[place] ?? 0x0a;
  if (isNameByte(next) && next !== 0x3a) return false;
  if (!isBlank(next)) return next !== 0x0a && next !== 0x0d;
  while (isBlank(bytes[place] ?? 0)) place += 1;
  // = : ,
  if ([0x3d, 0x3a, 0x2c].includes(bytes[place] ?? 0)) return true;
  let begin = at;
  while (begin > 0 && at - begin < longestName && isNameByte(bytes[begin - 1] as number)) begin -= 1;
  // An option, an element of markup, or a name and its value as attributes.
  return bytes[begin] === 0x2d || bytes[begin - 1] === 0x3c;
}

/** Quotes may be escaped, once or more, as in JSON within JSON; .NET writes them as \u0022. */
export const quote = '(?:\\\\*["\']|\\\\+u002[27])';

/** Names that end so have values that are none. */
const harmlessName = /(?:publickey|cancellation|continuation|lock|sync|change|next|page)[_.-]?token$/i;

/** Names that say little by themselves: their values must look like secrets. */
const weakName = /^(?:token|pass)$/i;

/** What is a secret even if it has digits only. */
const passwordName = /pass(?:word|wd|phrase|code)$|pwd$/i;

/** The name before a separator. */
const nameOf = (before: string) => /([\w.-]+)[^\w.-]*(?:\{[^{]*)?$/.exec(before)?.[1] ?? '';

/** Whether letters and digits are mixed in it, as in no word of prose. */
export const looksRandom = (text: string) =>
  (text.length >= 12 && /\d/.test(text) && /[A-Za-z]/.test(text)) || isMixed(text);

/** Some base64 has no digit: then a quarter at least is of capitals, and of small letters; names have fewer capitals. */
function isMixed(text: string): boolean {
  const count = (letters: RegExp) => text.match(letters)?.length ?? 0;
  return text.length >= 20 && count(/[A-Z]/g) * 4 >= text.length && count(/[a-z]/g) * 4 >= text.length;
}

/** Whether it was made by a machine, and names nothing: capitals, small letters and digits, or many hex digits. */
export const looksMade = (text: string) =>
  (text.length >= 16 && /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text)) ||
  /^[\da-f]{32,}$/i.test(text) ||
  isMixed(text);

/** What stands in the place of a value. */
const placeholder =
  /^(?:null|none|nil|undefined|true|false|yes|no|empty|unset|missing|invalid|incorrect|wrong|failed|rejected|unknown|expired|required|redacted|hidden|secret|password|token|string|changed|set|ok|enabled|disabled|optional|always|never|auto|\*+|x+|\.+|…|-+|<[^<>]*>|\$\{[^{}]*\}|\$\([^()]*\)|%\w+%|\{\{?[^{}]*\}?\}|\[[^[\]]*\]|\([^()]*\)|System\..*|Microsoft\..*)$/i;

/** A variable in the place of a value; a password may begin with a dollar too, but has small letters then, and no path. */
const variable = /^\$(?:[A-Z_][A-Z0-9_]*|[A-Za-z_]\w*(?:->|::|\/).*)$/;

/** Whether it stands in the place of a value and is none. */
const isPlaceholder = (text: string) => placeholder.test(text) || variable.test(text);

/** An unquoted value must look like one: prose goes on in small letters after `password:`. */
const looksLikeValue = (text: string) => text.length >= 6 && /[^a-z]/.test(text.slice(1)) && !/^[\d.:,]+$/.test(text);

interface Named {
  /** The text up to the value, which ends with the name and what separates it. */
  readonly before: string;
  readonly secret: string;
}

/** Of a value in quotes or between tags. */
export const isQuotedSecret = ({ before, secret }: Named): boolean =>
  !/^(?:publickey|cancellation)token$/i.test(nameOf(before)) && !isPlaceholder(secret);

/** Of a value alone on a line. */
export const isLineSecret = ({ before, secret }: Named): boolean =>
  !harmlessName.test(nameOf(before)) &&
  !isPlaceholder(secret) &&
  (before.endsWith('=') ? isAssigned(nameOf(before), secret) : true);

/** Of a value without quotes within a line. */
export function isNamedSecret({ before, secret }: Named): boolean {
  const name = nameOf(before);
  if (harmlessName.test(name) || isPlaceholder(secret)) return false;
  if (before.endsWith('=')) return isAssigned(name, secret);
  if (passwordName.test(name) && /^\d{4,}$/.test(secret)) return true;
  return looksLikeValue(secret) && (!weakName.test(name) || looksRandom(secret));
}

/** An assignment is one, whatever its value; what follows a colon or a blank may be prose. */
function isAssigned(name: string, secret: string): boolean {
  if (weakName.test(name)) return looksRandom(secret) || (/^pass$/i.test(name) && looksLikeValue(secret));
  return secret.length >= 4 && (passwordName.test(name) ? !/^[.:]+$/.test(secret) : !/^[\d.:]+$/.test(secret));
}

/** A variable whose value is a secret as a whole, unless its name goes on as below. */
const secretVariable = new RegExp(`passw|(?<![a-z])pass(?![a-z])|${words}`, 'i');
/** What such a variable may say instead: where the secret is, how long it is good, whom it is from. */
const besideSecret =
  /^(?:old)?pwd$|access_?key_?id$|(?:file|path|dir|url|uri|endpoint|host|name|expiry|expires|ttl|timeout|lifetime|seconds|minutes|days|interval|type|algorithm|issuer|audience|length|size|count|limit|enabled|required|policy|rotation)$/i;
/** A name that ends with what says it is secret, but for a number; of others the value may be a setting. */
const endsSecret = new RegExp(`(?:pass(?:w(?:or)?d)?|${words})s?[_-]?\\d*$`, 'i');
/** Words, an address or a number: of a name that goes on they are what it says, and stand everywhere. */
const setting = /^(?:[a-z]+(?:[-_ ./,]+[a-z]+)*|[a-z][a-z\d+.-]*:\/\/[^@]*|\d+)$/i;
/** Files that hold secrets are none. */
const fileName = /^(?:file:\/\/)?\/(?:app|data|etc|home|iotedge|mnt|opt|root|run|secrets|tmp|usr|var)\//;

/** Whether the value of an environment variable is a secret as a whole, by its name. */
export const isSecretVariable = (name: string, value: string): boolean =>
  secretVariable.test(name) &&
  !besideSecret.test(name) &&
  !isPlaceholder(value) &&
  !fileName.test(value) &&
  (endsSecret.test(name) || !setting.test(value));
