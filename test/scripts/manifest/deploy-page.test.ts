import { resolveConfig } from '../../../module/config/config.ts';
import { generateManifest } from '../../../scripts/manifest/generate.ts';
import { merged, snippets } from './support/deploy-page.ts';
import { agent, at, ownModule, sources, template } from './support/manifests.ts';

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
    },
  );
});
