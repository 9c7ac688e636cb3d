/**
 * Bundles the module into one file, and what few devices need into files beside it: `node scripts/build.ts [ENTRY
 * OUTFILE]`, by default module/main.ts to dist/. Beside them lie the licences of what is in them and, for all together, a bill
 * of materials (CycloneDX).
 */
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { billOfMaterials } from './bill-of-materials.ts';
import { checkLeftOut, leaveOut } from './leave-out.ts';
import { legacyUrl } from './legacy-url.ts';
import { licences } from './licences.ts';
import { loadedLater, loadLater } from './load-later.ts';

const top = join(import.meta.dirname, '..');
const [entry = join(top, 'module/main.ts'), outfile = join(top, 'dist/edge-support.js')] = process.argv.slice(2);
const { version } = JSON.parse(await readFile(join(top, 'package.json'), 'utf8')) as { version: string };

const options = {
  absWorkingDir: top,
  bundle: true,
  platform: 'node',
  target: 'node26',
  // Most of what we depend on is CommonJS; the same bundle as an ES module takes 6 MB more at rest.
  format: 'cjs',
  define: { EDGE_SUPPORT_VERSION: JSON.stringify(version) },
  minifySyntax: true,
  minifyWhitespace: true,
  // @azure/storage-blob compares names of classes; without this the bundle renames some (`_TimeoutError`).
  keepNames: true,
  // Node prints the whole source line of an uncaught error: it must not be the whole bundle.
  lineLimit: 160,
  // Named in the bundle: a debugger that is attached to a device finds the sources beside the one that built it.
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'external',
  logLevel: 'warning',
} as const satisfies BuildOptions;

const folder = dirname(outfile);
const started = Date.now();
const metafiles: Metafile[] = [];
const written = new Set<string>();
await mkdir(folder, { recursive: true });
try {
  const main = await bundle({ entryPoints: [entry], outfile, plugins: [leaveOut, legacyUrl, loadLater] });
  if (process.argv.length === 2) {
    // A module has top-level await, which CommonJS has not.
    const probe = join(folder, 'probe.mjs');
    await write({ entryPoints: [join(top, 'module/probe.ts')], outfile: probe, format: 'esm', sourcemap: false });
    const health = join(folder, 'health.js');
    await write({ entryPoints: [join(top, 'module/health-check.ts')], outfile: health, sourcemap: false });
  }
  for (const [name, { file, exports }] of Object.entries(loadedLater)) {
    const contents = `export { ${exports.join(', ')} } from '${name}';`;
    await write({
      stdin: { contents, resolveDir: top },
      outfile: join(folder, file),
      plugins: [leaveOut, legacyUrl],
      sourcemap: false,
    });
  }
  checkLeftOut();
  // The folder above says "type": "module".
  await replace(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  await replace(outfile.replace(/\.js$/, '.cdx.json'), await billOfMaterials(metafiles, top));
  await replace(join(folder, 'licences.txt'), await licences(metafiles, top));
  // Last, and as old as the reading of the sources: by its age the Dockerfiles tell whether all that is here is of the sources
  // as they are.
  for (const { path, contents } of main) await replace(path, contents);
  await utimes(outfile, started / 1000, started / 1000);
  if (process.argv.length === 2) await removeOthers();
  const { size } = await stat(outfile);
  console.log(`Built ${relative(process.cwd(), outfile)} (${Math.round(size / 1024)} KiB).`);
} catch (error) {
  // What an earlier build left must not pass for the result of this one.
  await rm(outfile, { force: true });
  // esbuild has printed its own already.
  if (!(error instanceof Error && 'errors' in error)) throw error;
  console.error('The build failed; see above.');
  process.exitCode = 1;
}

interface BuiltFile {
  readonly path: string;
  readonly contents: string | Uint8Array;
}

/** The files of a bundle, the bundle itself last. */
async function bundle(own: BuildOptions): Promise<BuiltFile[]> {
  const { outputFiles, metafile } = await build({ ...options, ...own, metafile: true, write: false });
  metafiles.push(metafile);
  return outputFiles
    .map(({ path, contents, text }) => ({ path, contents: /\.m?js$/.test(path) ? ascii(text) : contents }))
    .sort((a, b) => Number(a.path === own.outfile) - Number(b.path === own.outfile));
}

async function write(own: BuildOptions): Promise<void> {
  for (const { path, contents } of await bundle(own)) await replace(path, contents);
}

/**
 * The same program in ASCII. esbuild escapes strings, and leaves patterns and tagged templates as they are; one character beyond
 * Latin-1 among millions, and V8 keeps the whole text in two bytes a character, 3 MB more.
 */
function ascii(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Whole or not at all: a module that is being started, or an image being made, may read the file meanwhile. */
async function replace(path: string, contents: string | Uint8Array): Promise<void> {
  const next = `${path}.${process.pid}`;
  await writeFile(next, contents);
  await rename(next, path);
  written.add(basename(path));
}

/** The whole folder goes into the image: not what builds of other versions left. What is newer is another build's. */
async function removeOthers(): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!written.has(name) && found && found.mtimeMs < started) await rm(path, { recursive: true, force: true });
  }
}
