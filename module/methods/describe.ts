import * as z from 'zod/mini';
import { SupportError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { optional, record, text } from '../config/values.ts';
import { fieldMeanings } from './field-meanings.ts';
import { defineMethod, type Method } from './method.ts';

/** A method as people and programs are told of it. */
export interface MethodDescription {
  readonly name: string;
  readonly about: string;
  /** JSON Schema (2020-12) of the payload, with defaults and meanings; absent where any payload will do. */
  readonly payload?: JsonSchema;
  readonly example: object;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
}

/** Describes a method from the schema by which its payload is read: what it says is what holds. */
export function describeMethod({ name, about, request, example = {} }: Method): MethodDescription {
  if (!request) return { name, about, example };
  const { $schema: _, ...schema } = z.toJSONSchema(request, { io: 'output', unrepresentable: 'any' }) as JsonSchema & {
    $schema?: string;
  };
  // What the schema makes of a payload without a field is its default; where it makes nothing, it must be given.
  const defaults = (schema.required ?? []).flatMap((field): [string, unknown][] => {
    const { [field]: _own, ...without } = example as Readonly<Record<string, unknown>>;
    const read = request.safeParse(without);
    return read.success ? [[field, (read.data as Readonly<Record<string, unknown>>)[field]]] : [];
  });
  const properties = Object.fromEntries(
    Object.entries({ ...schema.properties, requestId: { type: 'string' } }).map(([field, own]) => {
      const fallback = defaults.find(([key]) => key === field);
      const kind = takesUnits(request, example, field, own) ? withUnits : {};
      return [field, { ...explained(own, field), ...kind, ...(fallback ? { default: fallback[1] } : {}) }];
    }),
  );
  const optionalNames = new Set(defaults.map(([field]) => field));
  const required = (schema.required ?? []).filter((field) => !optionalNames.has(field));
  return {
    name,
    about,
    payload: { type: 'object', properties, ...(required.length > 0 ? { required } : {}) },
    example,
  };
}

/** A duration: a number of seconds, or a text with a unit. */
const withUnits = { type: ['number', 'string'], pattern: '^\\s*[0-9]{1,9}\\s*([smhdSMHD][A-Za-z]*)?\\s*$' };

/** The schema shows what a duration is read as; whether it is one tells what it takes. */
const takesUnits = (request: z.ZodMiniType, example: object, field: string, { type }: JsonSchema) =>
  type === 'number' && request.safeParse({ ...example, [field]: '1 d' }).success;

/** With the meaning of each field, also of those within. */
function explained(schema: JsonSchema, path: string): JsonSchema {
  const meaning =
    path === 'requestId'
      ? 'a name of the caller’s own: a repeated request is answered from the first'
      : fieldMeanings[path];
  const inner = (own: Readonly<Record<string, JsonSchema>>) =>
    Object.fromEntries(Object.entries(own).map(([field, value]) => [field, explained(value, `${path}.${field}`)]));
  const { properties, items, ...rest } = schema as JsonSchema & { additionalProperties?: unknown };
  const { additionalProperties: __, ...plain } = rest as typeof rest & { additionalProperties?: unknown };
  return {
    ...plain,
    ...(meaning === undefined ? {} : { description: meaning }),
    ...(properties ? { properties: inner(properties) } : {}),
    ...(items ? { items: items.properties ? { ...items, properties: inner(items.properties) } : items } : {}),
  };
}

/** `Describe` over these methods, itself among them. */
export function createDescribe(methods: () => readonly Method[]): Method {
  return defineMethod({
    name: 'Describe',
    about: 'Tells every method, or one: what it does, the JSON Schema of its payload with defaults, and an example.',
    payloadOptional: true,
    request: record({ method: optional(text()) }),
    example: { method: 'RestartModule' },
    async handle({ request: { method } }) {
      const all = methods();
      const wanted = method === undefined ? all : all.filter(({ name }) => name.toLowerCase() === method.toLowerCase());
      if (wanted.length === 0) {
        const near = nearest(
          method ?? '',
          all.map(({ name }) => name),
        ).join(', ');
        throw new SupportError('bad-request', `method: there is no "${method}"; near it: ${near}.`);
      }
      return { methods: wanted.map(describeMethod) };
    },
  });
}
