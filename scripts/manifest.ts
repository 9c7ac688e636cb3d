/**
 * Makes a deployment manifest of a template, as `iotedgedev genconfig` and the VS Code extension do:
 * `npm run manifest -- [TEMPLATE] [--platform amd64] [--output config] [--env .env] [--schema FILE]`.
 * The result is config/deployment.amd64.json.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvFile } from './manifest/env-file.ts';
import { generateManifest } from './manifest/generate.ts';
import { checkBySchema } from './manifest/public-schema.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      platform: { type: 'string' },
      output: { type: 'string' },
      env: { type: 'string', default: '.env' },
      schema: { type: 'string' },
    },
  });
  if (positionals.length > 1) throw new Error(`Give one template, not ${positionals.length}.`);
  const variables = { ...(await readEnvFile(values.env)), ...process.env };
  const template = positionals[0] ?? (variables['DEPLOYMENT_CONFIG_TEMPLATE_FILE'] || 'deployment.template.json');
  const platform = values.platform ?? (variables['DEFAULT_PLATFORM'] || 'amd64');
  const folder = values.output ?? (variables['CONFIG_OUTPUT_DIR'] || 'config');
  const schema = values.schema === undefined ? undefined : ((await readJson(values.schema)) as object);
  const manifest = generateManifest(await readJson(template), { folder: dirname(template), variables, platform });
  if (schema) checkBySchema(schema, manifest);
  const file = join(folder, `${basename(template).replace(/(\.template)?\.json$/, '')}.${platform}.json`);
  await mkdir(folder, { recursive: true });
  // The registry's password may be in it. A new file, because one that is there keeps who may read it.
  await rm(`${file}.new`, { force: true });
  await writeFile(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  console.log(`Made ${relative(process.cwd(), file)} of ${template}.`);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read (${error.code}).`);
  });
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text.
    throw new Error(`${file} must be JSON.`);
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
