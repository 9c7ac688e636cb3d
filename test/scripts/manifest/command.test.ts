import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agent, at, ownModule, read, top } from './support/manifests.ts';

describe('npm run manifest', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const script = join(top, 'scripts/manifest.ts');
  const run = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [script, ...args], {
      cwd: top,
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
      timeout: 15_000,
    });

  test('writes the manifest of .env and the environment, which goes first, for its owner alone', () => {
    writeFileSync(
      join(folder, '.env'),
      '# a comment\nCONTAINER_REGISTRY_SERVER="r.example"\nCONTAINER_REGISTRY_USERNAME=puller\nCONTAINER_REGISTRY_PASSWORD=\'hunter2\'\n',
    );
    const args = [
      'deployment.template.json',
      '--platform',
      'arm64v8',
      '--output',
      join(folder, 'out'),
      '--env',
      join(folder, '.env'),
    ];
    mkdirSync(join(folder, 'out'));
    // As another tool may have left it.
    writeFileSync(join(folder, 'out/deployment.arm64v8.json'), '', { mode: 0o644 });
    const { stdout, stderr, status } = run(args, { CONTAINER_REGISTRY_USERNAME: 'other' });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^Made .*out\/deployment\.arm64v8\.json of deployment\.template\.json\.\n$/);
    const file = join(folder, 'out/deployment.arm64v8.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'out'))).toEqual(['deployment.arm64v8.json']);
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    expect(at(ownModule(manifest), 'settings')['image']).toBe(
      `r.example/edge-support:${read('package.json').version}-arm64v8`,
    );
    expect(at(manifest, ...agent, 'runtime', 'settings', 'registryCredentials', 'registry')).toEqual({
      username: 'other',
      password: 'hunter2',
      address: 'r.example',
    });
  });

  test.each<[string, string[], RegExp]>([
    [
      'a variable that is missing',
      ['deployment.template.json'],
      /^modulesContent.*registry\.username needs CONTAINER_REGISTRY_USERNAME, which is neither/,
    ],
    ['a template that is missing', ['nowhere.json'], /^nowhere\.json cannot be read \(ENOENT\)\.$/],
    ['a template that is no JSON', ['README.md'], /^README\.md must be JSON\.$/],
    ['two templates', ['a.json', 'b.json'], /^Give one template, not 2\.$/],
    ['an unknown option', ['--platfrom', 'x'], /^Unknown option '--platfrom'/],
  ])('%s ends it with one line', (_, args, sentence) => {
    const env = { CONTAINER_REGISTRY_PASSWORD: 'hunter2' };
    const { stdout, stderr, status } = run([...args, '--env', join(folder, 'none'), '--output', folder], env);
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
    expect(stderr.trimEnd()).toMatch(sentence);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stderr).not.toContain('hunter2');
  });

  test('an .env that is the template still ends it with what is to be filled in', () => {
    const { stderr, status } = run(['--env', '.env.template', '--output', folder], {});
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^modulesContent.*address must be the name of a registry; .* CONTAINER_REGISTRY_SERVER\.\n$/,
    );
  });

  test('what it makes and what it reads secrets from is not committed', () => {
    const ignored = execFileSync('git', ['check-ignore', '.env', 'config/deployment.amd64.json'], {
      cwd: top,
      encoding: 'utf8',
    });
    expect(ignored.trim().split('\n')).toEqual(['.env', 'config/deployment.amd64.json']);
    expect(readFileSync(join(top, '.env.template'), 'utf8')).toMatch(/^CONTAINER_REGISTRY_PASSWORD=""$/m);
  });
});
