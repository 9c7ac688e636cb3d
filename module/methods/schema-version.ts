import { SupportError } from '../base/errors.ts';
import { requiredText } from '../config/values.ts';

/** A version; JSON.parse makes 1.0 into 1, which can only have meant 1.0. */
export const schemaVersion = () => requiredText((value) => (Number.isInteger(value) ? `${value}.0` : String(value)));

/**
 * edgeAgent's version gate (SchemaVersionHelper.cs): 2 to 4 non-negative integers separated by dots, major 1.
 * Returns whether the minor differs from 1.0, which is worth a warning. SupportError bad-request otherwise.
 */
export function checkSchemaVersion(version: string, context: string): { readonly differs: boolean } {
  const parts = version.trim().split('.');
  const numbers = parts.map((part) => (/^\s*\+?\d+\s*$/.test(part) ? Number(part) : Number.NaN));
  if (parts.length < 2 || parts.length > 4 || numbers.some((part) => !(part <= 2147483647))) {
    throw new SupportError('bad-request', `Invalid ${context} version ${version}`);
  }
  if (numbers[0] !== 1) {
    const text = `The ${context} version ${version} is not compatible with the expected version 1.0`;
    throw new SupportError('bad-request', text);
  }
  return { differs: numbers[1] !== 0 };
}
