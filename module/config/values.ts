import * as z from 'zod/mini';
import { slipOf } from '../base/nearest.ts';

/*
 * The value types of method payloads and settings. They accept what edgeAgent's JSON reader accepts (Newtonsoft: names in any
 * case, numbers for strings, numeric strings for integers, enums by name or number, null for absent) and say, where
 * it is more, what was expected. The same schemas validate, describe and document.
 */

/** How a value that came is shown in a message: JSON, cut at 60 characters. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const nothing = (value: unknown) => value === undefined || value === null;

/** Passes a value through `read` before the schema sees it; JSON Schema shows the schema alone. */
const reading = <T extends z.ZodMiniType>(read: (value: unknown) => unknown, schema: T) =>
  z.pipe(z.transform(read), schema);

/** A string; numbers and booleans keep their source form. */
export const text = () =>
  reading(
    (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
    z.string({ error: (issue) => `must be a string, got ${shown(issue.input)}` }),
  );

/** A name: a string without blanks around it. */
export const name = () =>
  reading(
    (value) => (typeof value === 'string' ? value.trim() : value),
    z.string({ error: (issue) => `must be a name, got ${shown(issue.input)}` }),
  );

/** A string of one form; `what` says it in words, with an example. */
export const formed = (form: RegExp, what: string) =>
  reading(
    (value) => (typeof value === 'string' ? value.trim() : value),
    z
      .string({ error: (issue) => `must be ${what}, got ${shown(issue.input)}` })
      .check(z.regex(form, { error: (issue) => `must be ${what}, got ${shown(issue.input)}` })),
  );

/** A string that must be there and not blank, or a number as `written`; the message is edgeAgent's own. */
export const requiredText = (written: (value: number) => string = String) =>
  reading(
    (value) => (typeof value === 'number' ? written(value) : (value ?? '')),
    z
      .string({ error: (issue) => `must be a string, got ${shown(issue.input)}` })
      .check(z.refine((value) => value.trim() !== '', { error: 'is null or whitespace.' })),
  );

/** A whole number in int32 range; numeric strings count, fractions are rounded to even as .NET does. */
export const integer = (minimum = -2147483648, maximum = 2147483647) =>
  reading(
    readInteger,
    z
      .number({ error: (issue) => `must be an integer, got ${shown(issue.input)}` })
      .check(...between(minimum, maximum, `must be an integer from ${minimum} to ${maximum}`)),
  );

/** Whole numbers from one to another. JSON Schema shows the bounds, unless they are those of int32. */
const between = (minimum: number, maximum: number, expected: string) => {
  const error = (issue: { readonly input?: unknown }) => `${expected}, got ${shown(issue.input)}`;
  return [
    z.refine<number>((value) => Number.isInteger(value) && value >= minimum && value <= maximum, { error }),
    ...(minimum > -2147483648 ? [z.gte(minimum, { error })] : []),
    ...(maximum < 2147483647 ? [z.lte(maximum, { error })] : []),
  ];
};

function readInteger(value: unknown): unknown {
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number(value);
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  const below = Math.floor(value);
  const half = value - below;
  if (half !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** Seconds: a whole number, or one with a unit: `90 s`, `30 min`, `12 h`, `7 d`. */
export const duration = (minimum: number, maximum: number) =>
  reading(
    (value) => (typeof value === 'string' ? (readDuration(value) ?? value) : value),
    z
      .number({
        error: (issue) => `must be a duration such as "30 min" or a number of seconds, got ${shown(issue.input)}`,
      })
      .check(...between(minimum, maximum, `must be from ${minimum} to ${maximum} seconds`)),
  );

const unitSecs: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function readDuration(text: string): number | undefined {
  const match = /^\s*(\d{1,9})\s*(?:([smhd])[a-z]*)?\s*$/i.exec(text);
  return match ? Number(match[1]) * (unitSecs[match[2]?.toLowerCase() ?? 's'] ?? 1) : undefined;
}

/** true or false; the strings `true` and `false` and the numbers 1 and 0 count. */
export const flag = () =>
  reading(
    (value) => {
      if (typeof value === 'string' && /^\s*(true|false)\s*$/i.test(value))
        return value.trim().toLowerCase() === 'true';
      return value === 1 ? true : value === 0 ? false : value;
    },
    z.boolean({ error: (issue) => `must be true or false, got ${shown(issue.input)}` }),
  );

/** One of a few words, in any case, or its number in edgeAgent's enum (its place in the list). */
export const choice = <const W extends readonly [string, ...string[]]>(...words: W) =>
  reading(
    (value) => {
      if (typeof value === 'string') {
        const asNumber = /^\d+$/.test(value) ? words[Number(value)] : undefined;
        return asNumber ?? words.find((word) => word.toLowerCase() === value.trim().toLowerCase()) ?? value;
      }
      return typeof value === 'number' ? (words[value] ?? value) : value;
    },
    z.enum(words, { error: (issue) => `must be one of ${words.join(', ')}, got ${shown(issue.input)}` }),
  );

/** A field that may be missing, null or (as edgeAgent reads integers and enums) an empty string. */
export const optional = <T extends z.ZodMiniType>(schema: T) =>
  reading((value) => (nothing(value) ? undefined : value), z.optional(schema));

export const optionalUnlessBlank = <T extends z.ZodMiniType>(schema: T) =>
  reading((value) => (nothing(value) || value === '' ? undefined : value), z.optional(schema));

/** As optional, with the value that stands for a missing one. */
export const withDefault = <T extends z.ZodMiniType, const D extends string | number | boolean>(schema: T, value: D) =>
  reading((given) => (nothing(given) || given === '' ? value : given), schema);

/** A list; a single element may stand for a list of one. */
export const list = <T extends z.ZodMiniType>(element: T) =>
  reading(
    (value) => (nothing(value) || Array.isArray(value) ? value : [value]),
    z.array(element, { error: (issue) => `must be a list, got ${shown(issue.input)}` }),
  );

/**
 * An object with these fields. Names match in any case and the last of two spellings wins. Unknown names are ignored, as
 * edgeAgent does, but for one that is a slip of a field's name: `dry_run` must not start what it was to spare.
 */
export const record = <S extends z.core.$ZodLooseShape>(shape: S) => {
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  return z.pipe(
    z.transform((value: unknown, context) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const known = Object.entries(value).flatMap(([name, own]) => {
        const field = names.get(name.toLowerCase());
        const meant = field === undefined ? slipOf(name, Object.keys(shape)) : undefined;
        if (meant !== undefined) {
          const message = `is not a field; did you mean ${meant}?`;
          context.issues.push({ code: 'custom', message, input: value, path: [name.slice(0, 60)] });
        }
        return field === undefined ? [] : [[field, own] as const];
      });
      return Object.fromEntries(known);
    }),
    z.object(shape, { error: (issue) => `must be a JSON object, got ${shown(issue.input)}` }),
  );
};

/** The first thing wrong with a payload, as one phrase that begins with the field: `items[0].id is null or whitespace.` */
export function firstProblem(error: z.core.$ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'the payload is not valid';
  const path = issue.path.reduce<string>(
    (before, part) =>
      typeof part === 'number' ? `${before}[${part}]` : before ? `${before}.${String(part)}` : String(part),
    '',
  );
  // edgeAgent names a blank field without its path.
  const name = issue.message.startsWith('is null') ? path.split('.').at(-1) : path;
  return `${name || 'the payload'} ${issue.message}`;
}
