import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveConfig } from '../../../module/config/config.ts';
import { generateManifest } from '../../../scripts/manifest/generate.ts';
import { merged, snippets } from './support/deploy-page.ts';
import { agent, at, ownModule, read, sources, template, top } from './support/manifests.ts';

const page = readFileSync(join(top, 'docs/deploy.md'), 'utf8');
const variables = {
  ...sources.variables,
  STORAGE_SAS_URL: 'https://account.blob.core.windows.net/c?sig=hunter2',
  IOTHUB_RESOURCE_ID: '/subscriptions/1/hub',
};

test('what is pasted in the portal is what the template has', () => {
  expect(snippets('### In the portal').map(({ json }) => json)).toEqual([
    at(ownModule(template()), 'settings', 'createOptions'),
  ]);
});

describe('each option makes a manifest, and its settings are settings', () => {
  const options = snippets('## Options');
  test('there are some', () => {
    expect(options.length).toBeGreaterThanOrEqual(5);
  });

  test.each(options.map(({ heading, json }, number) => [number + 1, heading, json] as const))(
    '%d: %s',
    (_, _heading, json) => {
      const usual = template();
      at(usual, ...agent)['modules'] = merged(at(usual, ...agent, 'modules'), json);
      const manifest = generateManifest(usual, { ...sources, variables });
      const env = Object.entries((ownModule(manifest)['env'] ?? {}) as Record<string, { value: unknown }>);
      const asVariables = Object.fromEntries(env.map(([name, { value }]) => [name, String(value)]));
      expect(resolveConfig(asVariables, {}).refused).toEqual({});
      const settings = readFileSync(join(top, 'docs/settings.md'), 'utf8');
      for (const [name] of env.filter(([name]) => name.startsWith('EDGE_SUPPORT_')))
        expect(settings).toContain(`\`${name}\``);
    },
  );
});

test('the commands name files, scripts and versions that there are', () => {
  const { version, scripts } = read('package.json');
  for (const [, script] of page.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(script ?? '');
  for (const [, tagged] of page.matchAll(/edge-support:(\d+\.\d+\.\d+)/g)) expect(tagged).toBe(version);
  for (const [file] of page.matchAll(/deployment\.(?:\w+\.)?template\.json/g)) expect(() => read(file)).not.toThrow();
  for (const [, made = ''] of page.matchAll(/config\/(deployment(?:\.\w+)*)\.(?:amd64|arm64v8)\.json/g)) {
    expect(() => read(`${made}.template.json`)).not.toThrow();
  }
});

test('links lead somewhere', () => {
  for (const [, target = ''] of page.matchAll(/\]\(([^)#]+)(?:#[\w-]+)?\)/g)) {
    expect(() => readFileSync(join(top, 'docs', target))).not.toThrow();
  }
});
