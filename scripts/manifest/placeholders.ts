import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the placeholders of a template get their values. */
export interface Sources {
  /** The template's folder: paths of modules begin there. */
  readonly folder: string;
  /** What `.env` and the environment say. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Of images, as module.json names it: `amd64`. */
  readonly platform: string;
}

interface ModuleFile {
  readonly image?: {
    readonly repository?: string;
    readonly tag?: { readonly version?: string; readonly platforms?: Readonly<Record<string, string>> };
  };
}

/** Names that begin with `$` in manifests and routes and are IoT Edge's own, never variables. */
const reserved = new Set(['edgeAgent', 'edgeHub', 'upstream']);

const placeholder =
  /\$\{MODULEDIR<(?<dir>[^>]+)>(?:\.(?<dirPlatform>[\w.]+))?\}|\$\{MODULES\.(?<module>[\w-]+)(?:\.(?<platform>[\w.]+))?\}|\$\{(?<braced>\w+)\}|(?<malformed>\$\{[^}]*\}?)|\$(?<bare>\w+)/g;

/**
 * Fills the placeholders in every name and string of a template, as iotedgedev and the VS Code extension do:
 * `${MODULES.name}`, `${MODULES.name.platform}`, `${MODULEDIR<./path>}` and `${MODULEDIR<./path>.platform}` become the image
 * that the module's module.json tells; `$NAME` and `${NAME}` become variables. Unlike there, a value may hold quotes, and
 * one that is missing is an error: `${name}`, and `$NAME` in capitals; `$name` is left alone, since routes have such words
 * (`$upstream`, `$connectionModuleId`). Values are not looked at again. Errors name the place and never a value.
 */
export function fillPlaceholders(value: unknown, sources: Sources, place = ''): unknown {
  if (typeof value === 'string') return fill(value, sources, place);
  if (Array.isArray(value)) return value.map((one, at) => fillPlaceholders(one, sources, `${place}[${at}]`));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, own]) => {
      const at = place === '' ? name : `${place}.${name}`;
      return [fill(name, sources, at), fillPlaceholders(own, sources, at)];
    }),
  );
}

function fill(text: string, sources: Sources, place: string): string {
  return text.replace(placeholder, (whole, ...rest) => {
    const found = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    if (found['malformed'] !== undefined) throw new Error(`${place} has ${whole}, which is no placeholder.`);
    if (found['dir'] !== undefined) return imageOf(found['dir'], found['dirPlatform'], sources, place);
    if (found['module'] !== undefined) {
      const folder = join(sources.variables['MODULES_PATH'] || 'modules', found['module']);
      return imageOf(folder, found['platform'], sources, place);
    }
    const name = found['braced'] ?? found['bare'] ?? '';
    if (reserved.has(name)) return whole;
    const value = sources.variables[name];
    if (value !== undefined) return value;
    if (found['braced'] === undefined && !/^[A-Z_][A-Z0-9_]*$/.test(name)) return whole;
    throw new Error(`${place} needs ${name}, which is neither in .env nor in the environment.`);
  });
}

/** `repository:version-platform` of this project's module.json, perhaps with another version. */
export function imageName(folder: string, own: Omit<Sources, 'folder'> & { readonly version?: string }): string {
  return imageOf('.', undefined, { folder, ...own }, 'The image', own.version);
}

/** `repository:version-platform` of a module.json, as the tools tag the image that they build from it. */
function imageOf(
  folder: string,
  asked: string | undefined,
  sources: Sources,
  place: string,
  otherVersion?: string,
): string {
  const file = join(sources.folder, folder, 'module.json');
  const { image } = readModuleFile(file, place);
  const repository = image?.repository;
  const { version, platforms = {} } = image?.tag ?? {};
  if (typeof repository !== 'string' || typeof version !== 'string') {
    throw new Error(`${place}: ${file} must have image.repository and image.tag.version.`);
  }
  const platform = asked === undefined ? sources.platform : asked === 'debug' ? `${sources.platform}.debug` : asked;
  if (!Object.hasOwn(platforms, platform)) {
    const known = Object.keys(platforms).join(', ') || 'none';
    throw new Error(`${place} asks for the platform ${platform}, which ${file} has not; it has ${known}.`);
  }
  const filled = fill(repository, sources, `image.repository in ${file}`).toLowerCase();
  return `${filled}:${otherVersion ?? fill(version, sources, `image.tag.version in ${file}`)}-${platform}`;
}

function readModuleFile(file: string, place: string): ModuleFile {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ModuleFile;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'is no JSON that can be read';
    throw new Error(`${place} takes its image from ${file}, which ${why}.`);
  }
}
