import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';

const exec = promisify(execFile);

/**
 * The packages that are in these bundles, with versions and licences, as JSON of CycloneDX 1.6; the same text for the same
 * packages. `top` is the folder that the bundles were made in.
 */
export async function billOfMaterials(bundles: readonly Metafile[], top: string): Promise<string> {
  const all: Metafile = {
    inputs: Object.assign({}, ...bundles.map(({ inputs }) => inputs)),
    outputs: Object.assign({}, ...bundles.map(({ outputs }) => outputs)),
  };
  const dir = await mkdtemp(join(tmpdir(), 'edge-support-bom-'));
  try {
    const [metafile, bom] = [join(dir, 'meta.json'), join(dir, 'bom.json')];
    await writeFile(metafile, JSON.stringify(all));
    const tool = join(top, 'node_modules/@cyclonedx/cyclonedx-esbuild/bin/cyclonedx-esbuild-cli.js');
    const how = ['--build-working-dir', top, '--spec-version', '1.6', '--output-reproducible', '--validate'];
    await exec(process.execPath, [tool, ...how, '--output-file', bom, metafile], { cwd: top, timeout: 60_000 });
    // Without its indents it is a third smaller, and it is part of the image.
    return JSON.stringify(JSON.parse(await readFile(bom, 'utf8')));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
