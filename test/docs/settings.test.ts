import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Setting, settings } from '../../module/config/settings.ts';
import { readAzureCall } from './support/azure-cli.ts';
import { blocks, codeIn, commands, pages, prose, top } from './support/pages.ts';

const known = Object.values<Setting>(settings);

test('variables that pages, templates and images name are settings', () => {
  const variables = [
    ...known.flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env])),
    // Read once, at the start.
    'EDGE_SUPPORT_DATA',
    'EDGE_SUPPORT_HEALTH_SOCKET',
  ];
  const others = execFileSync('git', ['ls-files', '*.template*', 'Dockerfile.*', '.github', '.devcontainer'], {
    cwd: top,
  });
  const files = [...pages, ...others.toString().trim().split('\n')];
  const named = files.flatMap((file) =>
    [...readFileSync(join(top, file), 'utf8').matchAll(/\bEDGE_SUPPORT_\w+/g)].map(([name]) => ({ file, name })),
  );
  expect(named.length).toBeGreaterThan(known.length);
  expect(named.filter(({ name }) => !variables.includes(name))).toEqual([]);
});

test('settings of the twin that pages name are settings', () => {
  const groups = new Set(known.flatMap(({ twin }) => (twin?.includes('.') ? [twin.split('.')[0]] : [])));
  const named = pages.flatMap((page) =>
    codeIn(page).flatMap((code) => {
      const [, path = '', group] = /^((\w+)\.\w+)(?:$|: )/.exec(code) ?? [];
      return groups.has(group) && !path.endsWith('.json') ? [{ page, path }] : [];
    }),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ path }) => !known.some(({ twin }) => twin === path))).toEqual([]);
});

test('desired properties that pages show are those that docs/twin.schema.json takes', () => {
  const schema = JSON.parse(readFileSync(join(top, 'docs/twin.schema.json'), 'utf8'));
  const takes = new Ajv2020({ strict: true }).compile(schema);
  const desired: unknown[] = [];
  for (const { words, whole } of commands.filter(({ words }) => words[0] === 'az')) {
    const call = readAzureCall(words, whole);
    const options = typeof call === 'string' ? {} : call.options;
    if (options['--desired']) desired.push(JSON.parse(options['--desired']));
    // In a further layer of a deployment, by path.
    const own = options['--content']?.startsWith('{')
      ? JSON.parse(options['--content']).modulesContent.edgeSupport
      : {};
    for (const [path, value] of Object.entries(own)) {
      const [, , ...names] = path.split('.');
      desired.push(names.reduceRight((inner, name) => ({ [name]: inner }), value));
    }
  }
  for (const { language, text } of blocks.filter(({ language }) => language === 'json')) {
    const block = JSON.parse(/^\s*"/.test(text) ? `{${text}}` : text) as object;
    if (language && Object.keys(block).every((name) => name in schema.properties)) desired.push(block);
  }
  expect(desired.length).toBeGreaterThanOrEqual(3);
  expect(desired.filter((one) => !takes(one))).toEqual([]);
});

test('what pages call a setting can be looked up', () => {
  const names = new Set(known.flatMap(({ env, twin }) => [env, twin ?? '']));
  const named = pages.flatMap((page) =>
    [...prose(page).matchAll(/\bsettings?\s+`([\w.]+)`/g)].map(([, name = '']) => ({ page, name })),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(({ name }) => !names.has(name))).toEqual([]);
});
