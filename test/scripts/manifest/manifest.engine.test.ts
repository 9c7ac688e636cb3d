import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { joinCreateOptions } from '../../../scripts/manifest/create-options.ts';
import { generateManifest } from '../../../scripts/manifest/generate.ts';
import { removeContents } from '../../../sim/engine/labelled.ts';
import { type Engine, simLabel } from '../../../sim/engine.ts';
import { buildModuleImage, buildWorkloadImage } from '../../../sim/images.ts';
import { waitFor } from '../../../sim/wait.ts';
import { testEngine } from '../../support/local-edge.ts';
import { merged, snippets } from './support/deploy-page.ts';
import { agent, at, type Json, read, sources, template, top } from './support/manifests.ts';

const label = 'edge-support.manifest-test';
const variables = { ...sources.variables, STORAGE_SAS_URL: 'https://a.example/c', IOTHUB_RESOURCE_ID: '/hub' };

let engine: Engine;
beforeAll(() => {
  engine = testEngine();
});
afterEach(() => removeContents(engine.docker, label));

interface Module {
  readonly settings: Json;
  readonly env?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** The modules of a manifest made of this template, the system's among them. */
function modulesOf(whole: unknown): [string, Module][] {
  const manifest = generateManifest(whole, { ...sources, variables });
  const desired = at(manifest, 'modulesContent', '$edgeAgent');
  const layered = Object.entries(desired).map(([path, own]) => [path.split('.').at(-1), own] as [string, Module]);
  if (!('properties.desired' in desired)) return layered;
  const { systemModules, modules } = desired['properties.desired'] as Record<string, Record<string, Module>>;
  return Object.entries({ ...systemModules, ...modules });
}

/** Creates a container from the texts of the manifest as edgeAgent does: put together, parsed, its own fields added. */
async function create(name: string, { settings, env }: Module, Image: string): Promise<Docker.Container> {
  const own = JSON.parse(joinCreateOptions(settings, name)) as Docker.ContainerCreateOptions;
  return engine.docker.createContainer({
    ...own,
    name: `manifest-${name}`,
    Image,
    Env: Object.entries(env ?? {}).map(([variable, { value }]) => `${variable}=${value}`),
    Labels: { [simLabel]: engine.runId, [label]: 'true' },
  });
}

/** Everything that createOptions ask is what the engine made of it: nothing is misspelt or in the wrong place. */
async function expectAsAsked(name: string, module: Module, image: string): Promise<void> {
  const container = await create(name, module, image);
  const { HostConfig: host, ...config } = JSON.parse(joinCreateOptions(module.settings, name)) as Json;
  const found = await container.inspect();
  expect(found.HostConfig).toMatchObject(host ?? {});
  expect(found.Config).toMatchObject(config);
  for (const [variable, { value }] of Object.entries(module.env ?? {})) {
    expect(found.Config.Env).toContain(`${variable}=${value}`);
  }
}

test.each(['deployment.template.json', 'deployment.debug.template.json', 'deployment.layered.template.json'])(
  'the engine takes every module of %s',
  async (name) => {
    const image = await buildWorkloadImage(engine.docker);
    const modules = modulesOf(read(name));
    expect(modules.map(([id]) => id)).toContain('edgeSupport');
    for (const [id, module] of modules) await expectAsAsked(id, module, image);
  },
);

test.each(snippets('## Options').map(({ heading, json }, number) => [number + 1, heading, json] as const))(
  'the engine takes option %d of docs/deploy.md: %s',
  async (_, _heading, json) => {
    const image = await buildWorkloadImage(engine.docker);
    const whole = template();
    at(whole, ...agent)['modules'] = merged(at(whole, ...agent, 'modules'), json);
    for (const [id, module] of modulesOf(whole).filter(([id]) => id in json)) await expectAsAsked(id, module, image);
  },
);

test('createOptions in several pieces, some of several bytes, come whole to the engine', async () => {
  const image = await buildWorkloadImage(engine.docker);
  const whole = template();
  const Labels = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`site.${at}`, `Halle ${at} – Größe 🛠🛠🛠`]));
  const options = at(whole, ...agent, 'modules', 'edgeSupport', 'settings', 'createOptions');
  options['Labels'] = Labels;
  const [, module] = modulesOf(whole).find(([id]) => id === 'edgeSupport') as [string, Module];
  expect(Object.keys(module.settings)).toEqual(
    expect.arrayContaining(['createOptions', 'createOptions01', 'createOptions04']),
  );
  const own = JSON.parse(joinCreateOptions(module.settings, ''));
  const container = await engine.docker.createContainer({
    ...own,
    Image: image,
    Labels: { ...own.Labels, [label]: 'true' },
  });
  expect((await container.inspect()).Config.Labels).toMatchObject(Labels);
});

test('deployed for debugging, the image has an inspector, and its bundle names the map that leads to the sources', async () => {
  const image = await buildModuleImage(engine.docker, top, { standIn: engine.owned });
  const modules = new Map(modulesOf(read('deployment.debug.template.json')));
  const settings = modules.get('edgeSupport')?.settings;
  const { Cmd, ExposedPorts } = JSON.parse(joinCreateOptions(settings ?? {}, '')) as Docker.ContainerCreateOptions;
  // Without the names that IoT Edge gives it the module ends at once: the debugger is to be waited for.
  const waiting = (Cmd ?? []).map((word) => word.replace('--inspect=', '--inspect-brk='));
  const container = await engine.docker.createContainer({
    Image: image,
    Cmd: waiting,
    ExposedPorts: ExposedPorts ?? {},
    Labels: { [label]: 'true' },
    HostConfig: { NetworkMode: engine.edge.network },
  });
  await container.start();
  const address = (await container.inspect()).NetworkSettings.Networks[engine.edge.network]?.IPAddress;
  const targets = await waitFor(
    'the inspector',
    () =>
      fetch(`http://${address}:9229/json/list`, { signal: AbortSignal.timeout(2000) }).then(
        (answer) => answer.json(),
        () => undefined,
      ),
    { limitMs: 15_000, everyMs: 100 },
  );
  expect(targets).toMatchObject([{ url: 'file:///app/edge-support.js' }]);

  const bundle = await readFile(join(top, 'dist/edge-support.js'), 'utf8');
  expect(bundle.slice(-100)).toMatch(/\n\/\/# sourceMappingURL=edge-support\.js\.map\n$/);
  const { sources: files } = JSON.parse(await readFile(join(top, 'dist/edge-support.js.map'), 'utf8'));
  expect(files).toContain('../module/main.ts');
});
