/** What the [Service] section of a unit and its drop-ins says about its environment (systemd.exec(5)). */
export interface UnitEnvironment {
  /** Later assignments win. */
  readonly variables: ReadonlyMap<string, string>;
  /** Absolute paths, without the leading `-`; their variables win over `Environment=`. */
  readonly files: readonly string[];
}

/** Reads the texts of a unit and of its drop-ins, in the order in which systemd applies them. */
export function parseUnits(texts: readonly string[]): UnitEnvironment {
  const variables = new Map<string, string>();
  let files: string[] = [];
  for (const [key, value] of texts.flatMap(serviceSettings)) {
    if (key === 'Environment') {
      // An empty assignment forgets what was set before.
      if (value === '') variables.clear();
      for (const word of words(value)) assign(variables, word.replaceAll('%%', '%'));
    } else if (key === 'EnvironmentFile') {
      files = value === '' ? [] : [...files, value.replace(/^-/, '').replaceAll('%%', '%')];
    }
  }
  return { variables, files };
}

/** The lines `KEY=value` of an environment file: comments and blank lines are passed over, quotes taken off. */
export function parseEnvironmentFile(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const [, key = '', value = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    if (key !== '') assign(variables, `${key}=${unquoted(value.trim())}`);
  }
  return variables;
}

function assign(variables: Map<string, string>, text: string): void {
  const at = text.indexOf('=');
  if (at > 0) variables.set(text.slice(0, at), text.slice(at + 1));
}

function serviceSettings(text: string): readonly (readonly [string, string])[] {
  let section = '';
  return logicalLines(text).flatMap((line) => {
    const header = /^\[(.*)\]\s*$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    const at = line.indexOf('=');
    if (header !== undefined || section !== 'Service' || at < 1) return [];
    return [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const];
  });
}

/** Lines with those joined that a backslash continues, without comments. */
function logicalLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*[#;]/.test(line))
    .join('\n')
    .replace(/\\\r?\n\s*/g, ' ')
    .split(/\r?\n/);
}

/** The words of a value: separated by blanks, with quotes of both kinds and C escapes (systemd.syntax(7)). */
function words(value: string): readonly string[] {
  return [...value.matchAll(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+/g)].map(([word]) => unquoted(word));
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', s: ' ' };

function unquoted(word: string): string {
  return word.replace(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|\\(.)/g, (_, double, single, one) =>
    (double ?? single ?? `\\${one}`).replace(/\\(.)/g, (_all: string, char: string) => escapes[char] ?? char),
  );
}
