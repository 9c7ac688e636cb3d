import { splitCreateOptions } from './create-options.ts';
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
  const manifest = fillPlaceholders(rest, sources) as Json;
  const content = manifest['modulesContent'];
  const agent = isObject(content) ? content['$edgeAgent'] : undefined;
  const made =
    isObject(content) && isObject(agent)
      ? { ...manifest, modulesContent: { ...content, $edgeAgent: withTexts(agent, 'modulesContent.$edgeAgent') } }
      : manifest;
  checkManifest(made);
  return made;
}

/** Of edgeAgent's twin, whole or layered: wherever a module has settings with an image. */
function withTexts(value: Json, place: string): Json {
  return Object.fromEntries(
    Object.entries(value).map(([name, own]) => {
      const at = `${place}.${name}`;
      if (!isObject(own)) return [name, own];
      return [name, name === 'settings' && 'image' in own ? splitCreateOptions(own, at) : withTexts(own, at)];
    }),
  );
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
