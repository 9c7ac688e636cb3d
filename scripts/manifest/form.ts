import * as z from 'zod/mini';
import { chunkLength, joinCreateOptions } from './create-options.ts';

/*
 * The form of a deployment manifest, so far as it can be told without the hub. It asks no less than the public JSON Schema
 * (azure-iot-edge-deployment-2.0 of the JSON Schema Store, which `npm run manifest -- --schema FILE` takes as well), and
 * beyond it what edgeAgent and IoT Hub refuse later. Sources: "Properties of the IoT Edge agent and IoT Edge hub module
 * twins"; "Learn how to deploy modules and establish routes"; IoT Hub's limits of twins.
 */

/** Modules in one deployment, without the system's. */
const mostModules = 50;

/** The desired properties of one twin, and one text in them; bytes. */
const largestTwin = 32 * 1024;
const largestText = 4 * 1024;

/** Objects within objects in the desired properties of one twin. */
const deepestTwin = 10;

const uint32 = 4_294_967_295;

const text = () => z.string({ error: 'must be a string' });
const oneOf = (...words: [string, ...string[]]) => z.enum(words, { error: `must be one of ${words.join(', ')}` });
const whole = (most: number) => {
  const error = `must be an integer from 0 to ${most}`;
  return z
    .number({ error })
    .check(z.refine((value) => Number.isInteger(value) && value >= 0 && value <= most, { error }));
};

/** An object with these fields and no others; those in `optional` may be missing. */
const fields = <S extends z.core.$ZodLooseShape>(shape: S) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has ${(issue as unknown as { keys: string[] }).keys.join(', ')}, which is not known there; known are ${Object.keys(shape).join(', ')}`
        : 'must be a JSON object',
  });

/** An object whose names have this form. */
const named = <V extends z.ZodMiniType>(form: RegExp, value: V) =>
  z.record(z.string().check(z.regex(form)), value, {
    error: (issue) => (issue.code === 'invalid_key' ? 'is not allowed as a name' : 'must be a JSON object'),
  });

/**
 * `registry/name:tag`, as the engine reads it, and the digest in place of a tag, because edgeAgent takes no name with both. On a
 * nested device edgeAgent puts its parent in for `$upstream`, and only where a port follows.
 */
const image = text().check(
  z.regex(
    /^(?:(?:\$upstream:[1-9]\d{0,4}|[A-Za-z\d](?:[A-Za-z\d.-]*[A-Za-z\d])?(?::\d{1,5})?|\[[\da-fA-F:]+\](?::\d{1,5})?)\/)?[a-z\d]+(?:(?:[./]|__?|-+)[a-z\d]+)*(?::\w[\w.-]{0,127}|@[a-z\d]+:[a-f\d]{32,})?$/,
    { error: 'must be the name of an image' },
  ),
);
const env = named(
  /^[^+#$\s.]+$/,
  fields({
    value: z.union([z.string(), z.number(), z.boolean()], { error: 'must be a string, a number or a boolean' }),
  }),
);
const type = oneOf('docker');
const status = oneOf('running', 'stopped');
const restartPolicy = oneOf('never', 'on-failure', 'on-unhealthy', 'always');
const imagePullPolicy = z.optional(oneOf('never', 'on-create'));
const startupOrder = z.optional(whole(uint32));

/** createOptions are checked on their own; here it is only the rest. */
const settings = z.looseObject({ image }, { error: 'must be a JSON object' }).check(z.superRefine(checkSettings));

function checkSettings(value: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const refuse = (name: string, message: string) =>
    context.issues.push({ code: 'custom', input: value, path: [name], message });
  for (const [name, own] of Object.entries(value)) {
    if (name === 'image') continue;
    if (!/^createOptions(0[1-9]|[1-9]\d)?$/.test(name)) refuse(name, 'is no setting of a module');
    else if (typeof own !== 'string') refuse(name, 'must be a string');
    else if (own.length > chunkLength) refuse(name, `must have at most ${chunkLength} characters`);
  }
  if (context.issues.length > 0) return;
  try {
    const whole = joinCreateOptions(value, 'settings');
    // An empty text is as if there were none.
    const options: unknown = whole.trim() === '' ? {} : JSON.parse(whole);
    if (typeof options !== 'object' || options === null || Array.isArray(options)) throw new Error();
  } catch {
    refuse('createOptions', 'must, put together, be the text of a JSON object');
  }
}

const module = fields({
  version: z.optional(text()),
  type,
  status,
  restartPolicy,
  startupOrder,
  imagePullPolicy,
  env: z.optional(env),
  settings,
});
const credential = fields({
  username: text(),
  password: text(),
  address: text().check(
    z.regex(/^\S+$/, { error: 'must be the name of a registry; the templates take it from CONTAINER_REGISTRY_SERVER' }),
  ),
});
const noDots = /^[^.$# ]+$/;
const moduleName = /^[\w-]+$/;
const routeText = text().check(z.minLength(1, { error: 'must be a route' }));
const route = z.union(
  [routeText, fields({ route: routeText, priority: z.optional(whole(9)), timeToLiveSecs: z.optional(whole(uint32)) })],
  { error: 'must be a route, or an object with route and perhaps priority and timeToLiveSecs' },
);
const twin = (what: z.ZodMiniType) => fields({ 'properties.desired': what });
const anyTwin = z.record(z.string(), z.unknown(), { error: 'must be a JSON object' });

const agent = fields({
  schemaVersion: text(),
  runtime: fields({
    type,
    settings: fields({
      minDockerVersion: z.optional(text()),
      loggingOptions: z.optional(text()),
      registryCredentials: z.optional(named(noDots, credential)),
    }),
  }),
  systemModules: fields({
    edgeAgent: fields({ type, settings, env: z.optional(env), imagePullPolicy }),
    edgeHub: fields({ type, status, restartPolicy, startupOrder, imagePullPolicy, env: z.optional(env), settings }),
  }),
  modules: named(moduleName, module).check(
    z.refine((modules) => Object.keys(modules).length <= mostModules, {
      error: `may have at most ${mostModules} modules`,
    }),
  ),
});
const hub = fields({
  schemaVersion: text(),
  routes: named(noDots, route),
  storeAndForwardConfiguration: z.optional(fields({ timeToLiveSecs: whole(uint32) })),
});

/** What may stand in a layered deployment: a path in a twin, and the form of what stands there. */
const layers: readonly (readonly [RegExp, z.ZodMiniType])[] = [
  [/^\$edgeAgent\.properties\.desired\.modules\.[\w-]+$/, module],
  [/^\$edgeAgent\.properties\.desired\.runtime\.settings\.registryCredentials\.[^.$# ]+$/, credential],
  [/^\$edgeHub\.properties\.desired\.routes\.[^.$# ]+$/, route],
  [/^[\w-]+\.properties\.desired(\.[^.$# ]+)*$/, z.unknown()],
];

/** Throws one sentence with the place of the first thing that is wrong; values are never in it. */
export function checkManifest(manifest: Readonly<Record<string, unknown>>): void {
  const content = parse(fields({ modulesContent: anyTwin }), manifest, '').modulesContent;
  if (isLayered(content)) checkLayers(content);
  else checkWhole(content);
  for (const [name, own] of Object.entries(content)) checkTwin(`modulesContent.${name}`, own as object);
}

/** One with paths in the system's twins, or without these, for settings of modules alone. */
function isLayered(content: Readonly<Record<string, unknown>>): boolean {
  const system = ['$edgeAgent', '$edgeHub'].flatMap((name) => content[name] ?? []);
  if (system.length === 0) return Object.keys(content).length > 0;
  return system.flatMap((twin) => Object.keys(twin)).some((path) => path.startsWith('properties.desired.'));
}

function checkWhole(content: Readonly<Record<string, unknown>>): void {
  const { $edgeAgent, $edgeHub, ...modules } = content;
  parse(twin(agent), $edgeAgent, 'modulesContent.$edgeAgent');
  parse(twin(hub), $edgeHub, 'modulesContent.$edgeHub');
  parse(named(moduleName, twin(anyTwin)), modules, 'modulesContent');
}

function checkLayers(content: Readonly<Record<string, unknown>>): void {
  for (const [module, twin] of Object.entries(content)) {
    const paths = parse(anyTwin, twin, `modulesContent.${module}`);
    for (const [path, value] of Object.entries(paths)) {
      const place = `${module}.${path}`;
      const form = layers.find(([pattern]) => pattern.test(place))?.[1];
      if (!form) throw new Error(`modulesContent.${place} has no place in a layered deployment.`);
      parse(form, value, `modulesContent.${place}`);
    }
  }
}

/** What IoT Hub refuses of the desired properties of one module, whole or by paths. */
function checkTwin(place: string, twin: object): void {
  let bytes = 0;
  for (const [path, desired] of Object.entries(twin)) {
    const names = path.split('.').slice(2);
    bytes += Buffer.byteLength(names.join('')) + sizeOf(desired, `${place}.${path}`, names.length);
  }
  if (bytes > largestTwin) {
    throw new Error(`${place} has ${bytes} bytes; IoT Hub takes at most ${largestTwin} of desired properties.`);
  }
}

/**
 * As IoT Hub counts ("Device twin size" in Microsoft's "Understand and use device twins"): names and texts in UTF-8 without quotes
 * and escapes, 8 bytes for a number, 4 for a boolean.
 */
function sizeOf(value: unknown, place: string, depth: number): number {
  if (typeof value === 'string') {
    const bytes = Buffer.byteLength(value);
    if (bytes <= largestText) return bytes;
    throw new Error(`${place} has ${bytes} bytes; IoT Hub takes at most ${largestText} of one text.`);
  }
  if (typeof value === 'number') return 8;
  if (typeof value === 'boolean') return 4;
  if (value === null || typeof value !== 'object') return 0;
  if (depth > deepestTwin) throw new Error(`${place} is deeper than the ${deepestTwin} levels that IoT Hub takes.`);
  return Object.entries(value).reduce((bytes, [name, own]) => {
    const at = Array.isArray(value) ? `${place}[${name}]` : `${place}.${name}`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what IoT Hub takes in no name
    if (/[.$ \u0000-\u001f\u007f-\u009f]/.test(name))
      throw new Error(`${at} is not allowed as a name: IoT Hub takes no dots, blanks and $ there.`);
    return (
      bytes +
      (Array.isArray(value) ? 0 : Buffer.byteLength(name)) +
      sizeOf(own, at, Array.isArray(value) ? depth : depth + 1)
    );
  }, 0);
}

function parse<T extends z.ZodMiniType>(form: T, value: unknown, place: string): z.infer<T> {
  const result = form.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map(String);
  const at = [place, ...path].filter((part) => part !== '').join('.');
  throw new Error(`${at || 'The manifest'} ${issue?.message ?? 'is not valid'}.`);
}
