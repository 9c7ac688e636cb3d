// biome-ignore-all lint/suspicious/noTemplateCurlyInString: VS Code and GitHub write their variables so
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

const top = join(import.meta.dirname, '../..');
const text = readFileSync(join(top, '.github/workflows/build.yml'), 'utf8');

interface Job {
  readonly needs?: readonly string[];
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

const read = () => {
  const document = parseDocument(text, { strict: true, uniqueKeys: true });
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS() as { readonly permissions: object; readonly jobs: Readonly<Record<string, Job>> };
};
const commands = () => Object.values(read().jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

test('it is YAML, reads only, has limits, and its jobs wait for jobs that there are', () => {
  const { jobs, permissions } = read();
  expect(permissions).toEqual({ contents: 'read' });
  for (const job of Object.values(jobs)) {
    expect(job['timeout-minutes']).toBeGreaterThan(0);
    for (const needed of job.needs ?? []) expect(Object.keys(jobs)).toContain(needed);
    for (const step of job.steps)
      expect(Object.keys(step).filter((key) => key === 'uses' || key === 'run')).toHaveLength(1);
  }
});

test('each command is one that a shell reads, of scripts and files that there are', () => {
  const { scripts } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  for (const command of commands()) {
    execFileSync('bash', ['-n'], { input: command, timeout: 5000 });
    for (const [, script] of command.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(script ?? '');
    for (const [file] of command.matchAll(/\b(deployment\.[\w.]*json|Dockerfile\.\w+|\.ci\/run)/g)) {
      expect([file, existsSync(join(top, file))]).toEqual([file, true]);
    }
    // What an event says must not become part of a command.
    expect(command).not.toContain('${{');
  }
});

test('the image of every platform of module.json is built and is in the manifest list', () => {
  const { image } = JSON.parse(readFileSync(join(top, 'module.json'), 'utf8'));
  const list = commands().find((command) => command.includes('imagetools create')) ?? '';
  for (const [platform, file] of Object.entries<string>(image.tag.platforms)) {
    const build = commands().find((command) => command.includes(`--tag "$IMAGE:$VERSION-${platform}"`)) ?? '';
    expect(build).toContain(`--file ${file.replace('./', '')} `);
    expect(list).toContain(`"$IMAGE:$VERSION-${platform}"`);
    // Where it comes from is known to whoever publishes it only.
    expect(build).toContain('--label "$SOURCE"');
  }
});

test('its secrets are the variables of .env.template', () => {
  const known = readFileSync(join(top, '.env.template'), 'utf8');
  const used = [...text.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
  expect(used.length).toBeGreaterThan(0);
  for (const name of used) expect(known).toMatch(new RegExp(`^${name}=`, 'm'));
});
