import { readCreateOptions, splitCreateOptions } from './create-options.ts';
import { checkManifest } from './form.ts';
import { fillPlaceholders, type Sources } from './placeholders.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Makes a deployment manifest of a template: placeholders filled, createOptions as texts in pieces, `$schema-template` gone.
 * Of layered ones, too. Throws one sentence about the first thing that is wrong, without values.
 */
export function generateManifest(template: unknown, sources: Sources): Json {
  if (!isObject(template)) throw new Error('The template must be a JSON object.');
  const { '$schema-template': _, ...rest } = template;
  const manifest = fillPlaceholders(inSettings(rest, readCreateOptions), sources) as Json;
  const made = inSettings(manifest, splitCreateOptions);
  checkManifest(made);
  return made;
}

/** With other settings of modules in edgeAgent's twin, whole or layered: wherever settings have an image. */
function inSettings(manifest: Json, change: (settings: Json, place: string) => Json): Json {
  const content = manifest['modulesContent'];
  const agent = isObject(content) ? content['$edgeAgent'] : undefined;
  if (!isObject(content) || !isObject(agent)) return manifest;
  const within = (value: Json, place: string): Json =>
    Object.fromEntries(
      Object.entries(value).map(([name, own]) => {
        const at = `${place}.${name}`;
        if (!isObject(own)) return [name, own];
        return [name, name === 'settings' && 'image' in own ? change(own, at) : within(own, at)];
      }),
    );
  return { ...manifest, modulesContent: { ...content, $edgeAgent: within(agent, 'modulesContent.$edgeAgent') } };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
