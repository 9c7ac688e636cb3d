import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectors } from '../../module/collectors/index.ts';
import { describeMethod } from '../../module/methods/describe.ts';
import { methods } from '../../module/methods/index.ts';
import { readAzureCall } from './support/azure-cli.ts';
import { blocks, commands, pages, prose, textOf, top } from './support/pages.ts';

/*
 * What pages have people type: each command is one that there is, with options that it has, and each payload is one that its
 * method takes. test/scripts/manifest makes manifests of the options of docs/deploy.md; troubleshooting.engine.test.ts makes
 * every call of docs/troubleshooting.md.
 */

const { scripts } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** What the method says against a payload; nothing when it takes it. */
function refused(name: string, payload: string): string | undefined {
  const method = methods.find((one) => one.name === name);
  if (!method) return `there is no method ${name}`;
  const result = method.request?.safeParse(JSON.parse(payload));
  return result?.success === false ? `${name} refuses ${payload}: ${result.error.message}` : undefined;
}

test('blocks for a shell are what a shell reads, those of JSON are JSON', () => {
  for (const { page, language, text } of blocks) {
    if (language === 'sh' || language === 'bash') execFileSync('bash', ['-n'], { input: text, timeout: 5000 });
    // Some are a part of an object.
    if (language === 'json') expect(() => [page, JSON.parse(/^\s*"/.test(text) ? `{${text}}` : text)]).not.toThrow();
  }
});

describe('npm run', () => {
  const runs = commands.flatMap(({ page, words }) => {
    const at = words.findIndex((word, place) => word === 'npm' && words[place + 1] === 'run');
    const own = words.indexOf('--');
    const args = own === -1 ? [] : words.slice(own + 1);
    const script = words[at + 2];
    return at === -1 || script === undefined ? [] : [{ page, script, args }];
  });

  test('names scripts that there are, with options that they have', () => {
    expect(runs.length).toBeGreaterThan(20);
    for (const { page, script, args } of runs) {
      expect([page, Object.keys(scripts)]).toEqual([page, expect.arrayContaining([script])]);
      const file = /^node (\S+\.ts)$/.exec(scripts[script] ?? '')?.[1];
      const options = file === undefined ? [] : args.filter((word) => word.startsWith('--'));
      for (const option of options) {
        const source = readFileSync(join(top, file ?? ''), 'utf8');
        expect([page, script, source]).toEqual([page, script, expect.stringContaining(`${option.slice(2)}: { type:`)]);
      }
    }
  });

  test('names tests that there are', () => {
    const tests = globSync('test/**/*.test.ts', { cwd: top });
    for (const { script, args } of runs.filter(({ script }) => script.startsWith('test:'))) {
      const kind = script === 'test:unit' ? '' : script.replace('test:', '.');
      const own = tests.filter((file) => (/\.(?:engine|long)(?=\.test)/.exec(file)?.[0] ?? '') === kind);
      const pattern = args.find((word) => !word.startsWith('-') && word !== 'PATTERN');
      if (pattern !== undefined)
        expect([script, own]).toEqual([script, expect.arrayContaining([expect.stringContaining(pattern)])]);
    }
  });

  test('calls methods with payloads that they take', () => {
    const calls = runs.filter(({ script, args }) => script === 'invoke' && args.length > 1);
    expect(calls.length).toBeGreaterThanOrEqual(2);
    expect(calls.flatMap(({ args: [name = '', payload = ''] }) => refused(name, payload) ?? [])).toEqual([]);
  });
});

test('templates, manifests and versions of the image are those that there are', () => {
  const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  const text = pages.map(textOf).join('\n');
  const made = /config\/(deployment(?:\.\w+)*)\.(?:amd64|arm64v8)\.json/g;
  const templates = [
    ...[...text.matchAll(/deployment\.(?:\w+\.)?template\.json/g)].map(([file]) => file),
    ...[...text.matchAll(made)].map(([, name]) => `${name}.template.json`),
  ];
  expect(templates.length).toBeGreaterThan(10);
  expect(templates.filter((file) => !existsSync(join(top, file)))).toEqual([]);
  for (const [, tagged] of text.matchAll(/edge-support:(\d+\.\d+\.\d+)/g)) expect(tagged).toBe(version);
});

describe('az', () => {
  const calls = commands
    .filter(({ words: [program, ...more] }) => program === 'az' && more.length > 0)
    .map(({ page, words, whole }) => ({ page, call: readAzureCall(words, whole) }));
  const made = calls.flatMap(({ call }) => (typeof call === 'string' ? [] : [call]));

  test('is called as its reference says', () => {
    expect(calls.length).toBeGreaterThan(methods.length);
    expect(calls.filter(({ call }) => typeof call === 'string')).toEqual([]);
  });

  test('calls methods with payloads that they take', () => {
    const invoked = made.filter(
      ({ command, options }) => command.endsWith('invoke-module-method') && options['--method-name'],
    );
    expect(invoked.length).toBeGreaterThan(methods.length);
    const wrong = invoked.flatMap(
      ({ options }) => refused(options['--method-name'] ?? '', options['--method-payload'] ?? '{}') ?? [],
    );
    expect(wrong).toEqual([]);
  });

  test('makes SAS that it can make: one signed as a user ends within 7 days, another is signed with the account’s key', () => {
    const sas = made.filter(({ command }) => command.endsWith('generate-sas'));
    expect(sas.length).toBeGreaterThan(0);
    for (const { options } of sas) {
      expect(options['--auth-mode']).toBe(options['--as-user'] === undefined ? 'key' : 'login');
      // A date that is written down is soon further away or over.
      if (options['--as-user'] !== undefined) expect(options['--expiry']).not.toMatch(/^\d/);
    }
  });
});

test('calls in the text, a method and its payload, are such as the method takes', () => {
  const call = /`(\w+)`\s+`(\{[^`]*\})`/g;
  const found = pages.flatMap((page) =>
    [...prose(page).matchAll(call)].map(([, name = '', payload = '']) => ({ page, why: refused(name, payload) })),
  );
  expect(found.length).toBeGreaterThan(20);
  expect(found.filter(({ why }) => why !== undefined)).toEqual([]);
});

/** The JSON object that a text begins with. */
function objectAt(text: string): string {
  let depth = 0;
  for (const [place, letter] of [...text].entries()) {
    if (letter === '{') depth += 1;
    if (letter === '}') depth -= 1;
    if (depth === 0) return text.slice(0, place + 1);
  }
  return text;
}

test('calls that the module itself advises are such as the method takes', () => {
  const sources = globSync('module/{checks,methods}/**/*.ts', { cwd: top });
  const call = new RegExp(`\\b(${methods.map(({ name }) => name).join('|')})[ '+\\n]+(\\{".*)`, 'g');
  const found = sources.flatMap((file) =>
    [...readFileSync(join(top, file), 'utf8').matchAll(call)].map(([, name = '', rest = '']) => ({
      name,
      payload: objectAt(rest),
    })),
  );
  expect(found.length).toBeGreaterThanOrEqual(2);
  expect(found.flatMap(({ name, payload }) => refused(name, payload) ?? [])).toEqual([]);
});

test('the README names every method once', () => {
  const [, table = ''] = textOf('README.md').split('\n| to | methods |\n|---|---|\n');
  const named = [...(table.split('\n\n')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(methods.map(({ name }) => name).toSorted());
});

/** What stands in backticks in the first column of the table that begins with this line. */
function firstColumn(page: string, head: string): string[] {
  const [, table = ''] = textOf(page).split(`\n${head}\n`);
  const rows = (table.split('\n\n')[0] ?? '').split('\n').map((row) => row.split('|')[1] ?? '');
  return rows.flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name)).toSorted();
}

test.each([
  ['docs/run-check.md', 'RunCheck'],
  ['docs/bundle.md', 'UploadSupportBundle'],
])('%s has every field of a request', (page, name) => {
  const method = methods.find((one) => one.name === name);
  const fields = Object.keys((method && describeMethod(method).payload?.properties) ?? {});
  // Compatibility only.
  const told = fields.filter((field) => field !== 'schemaVersion').toSorted();
  expect(firstColumn(page, '| field | meaning |')).toEqual(told);
});

test('docs/bundle.md has every collector', () => {
  // The checks are collected by themselves, before the others.
  const ids = ['checks', ...collectors.map(({ id }) => id)];
  expect(firstColumn('docs/bundle.md', '| collector | files | what |')).toEqual(ids.toSorted());
});
