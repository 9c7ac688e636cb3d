import { HubError } from './errors.ts';

/**
 * IoT Hub's limits on twin properties, from "Understand and use module twins in IoT Hub" (tags and properties format,
 * module twin size): keys and values of a section count 32 KB, a string value 4 KB, a key 1 KB, objects nest 10 deep.
 */
export const SECTION_LIMIT = 32 * 1024;
const STRING_LIMIT = 4096;
const KEY_LIMIT = 1024;
const DEPTH_LIMIT = 10;
const INTEGER_MIN = -4503599627370496;
const INTEGER_MAX = 4503599627370495;

/** Throws a HubError (400) when a patch holds a key or value that a twin may not hold. */
export function checkProperties(value: unknown, path = '', depth = 0): void {
  if (typeof value === 'string' && Buffer.byteLength(value) > STRING_LIMIT)
    throw invalid(`the value of ${path} is longer than ${STRING_LIMIT} bytes`);
  if (typeof value === 'number' && Number.isInteger(value) && (value < INTEGER_MIN || value > INTEGER_MAX))
    throw invalid(`the value of ${path} is outside the range of integers ${INTEGER_MIN} to ${INTEGER_MAX}`);
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEPTH_LIMIT) throw invalid(`${path} lies deeper than ${DEPTH_LIMIT} levels`);
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) checkKey(key, path);
    checkProperties(inner, path === '' ? key : `${path}.${key}`, depth + 1);
  }
}

function checkKey(key: string, path: string): void {
  if (key === '' || Buffer.byteLength(key) > KEY_LIMIT)
    throw invalid(`a key under '${path}' is empty or longer than ${KEY_LIMIT} bytes`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: IoT Hub forbids exactly these in keys
  if (/[\u0000-\u001f\u0080-\u009f.$ ]/.test(key))
    throw invalid(`the key '${key}' holds a control character, '.', '$' or a space`);
}

/** The size IoT Hub counts: keys and strings in UTF-8 bytes, numbers 8, booleans 4, metadata nothing. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 8;
  if (typeof value === 'boolean') return 4;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, inner]) => sum + (Array.isArray(value) ? 0 : Buffer.byteLength(key)) + sizeOf(inner),
    0,
  );
}

/** Throws a HubError (413) when a section is larger than 32 KB. */
export function checkSize(section: string, value: unknown): void {
  const size = sizeOf(value);
  if (size > SECTION_LIMIT) {
    const text = `The size of ${section} properties is ${size} bytes, at most ${SECTION_LIMIT} are allowed`;
    throw new HubError('registry', 413001, 'MessageTooLarge', text);
  }
}

function invalid(message: string): HubError {
  return new HubError('registry', 400004, 'ArgumentInvalid', message);
}
