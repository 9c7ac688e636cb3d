/** Characters (UTF-16) of one value in edgeAgent's twin. Source: Constants.TwinValueMaxSize in edgeAgent. */
export const chunkLength = 512;

/** So many of them edgeAgent puts together. Source: Constants.TwinValueMaxChunks in edgeAgent. */
const mostChunks = 100;

type Settings = Readonly<Record<string, unknown>>;

const chunkName = /^createOptions(\d*)$/;

/** `createOptions`, `createOptions01` and so on up to `createOptions99`. */
const nameOf = (at: number) => (at === 0 ? 'createOptions' : `createOptions${String(at).padStart(2, '0')}`);

/**
 * Writes a module's createOptions as edgeAgent reads them: as one JSON text in pieces of 512 characters. They may be an
 * object, or a text already, whole or in pieces. No piece ends within a character, because half of one does not survive
 * UTF-8.
 */
export function splitCreateOptions(settings: Settings, place: string): Settings {
  const { createOptions } = settings;
  if (createOptions === undefined) return settings;
  if (typeof createOptions === 'object' && Object.keys(settings).some((name) => chunkName.exec(name)?.[1])) {
    throw new Error(`${place}.createOptions must be a string where there are further pieces of it.`);
  }
  const text = typeof createOptions === 'object' ? JSON.stringify(createOptions) : joinCreateOptions(settings, place);
  const chunks = chunksOf(text);
  if (chunks.length > mostChunks) {
    const most = chunkLength * mostChunks;
    throw new Error(`${place}.createOptions may have at most ${most} characters, but has ${text.length}.`);
  }
  return { ...withoutPieces(settings), ...Object.fromEntries(chunks.map((chunk, at) => [nameOf(at), chunk])) };
}

/**
 * Of a template: createOptions that are a text with placeholders as an object, so that what is filled in may hold quotes and a
 * placeholder may lie across two pieces. Others stay as they are, and so does what is JSON only when it is filled.
 */
export function readCreateOptions(settings: Settings, place: string): Settings {
  const pieces = Object.entries(settings).filter(([name]) => chunkName.test(name));
  if (typeof settings['createOptions'] !== 'string' || !JSON.stringify(pieces).includes('$')) return settings;
  const text = joinCreateOptions(settings, place);
  return { ...withoutPieces(settings), createOptions: asObject(text) ?? text };
}

function asObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const withoutPieces = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !chunkName.test(name)));

/** Puts the pieces together, as edgeAgent does: from the first on, until one is missing. */
export function joinCreateOptions(settings: Settings, place: string): string {
  const names = Object.keys(settings).filter((name) => chunkName.test(name));
  const pieces = names.map((_, at) => settings[nameOf(at)]);
  const at = pieces.findIndex((piece) => typeof piece !== 'string');
  const why = names.length > 1 ? `, since there are ${names.length} pieces` : '';
  if (at !== -1) throw new Error(`${place}.${nameOf(at)} must be a string${why}.`);
  return pieces.join('');
}

function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < text.length || chunks.length === 0; ) {
    let end = Math.min(start + chunkLength, text.length);
    // The first half of a pair stays with its second.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
    chunks.push(text.slice(start, end));
    start = end;
  }
  return chunks;
}
