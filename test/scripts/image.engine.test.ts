import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildModuleImage } from '../../sim/images.ts';
import { testEngine } from '../support/local-edge.ts';

const top = join(import.meta.dirname, '../..');

test('npm run image makes an image of the bundle on a real engine, which says what it is', async () => {
  const engine = testEngine();
  // For the base image, which cannot be pulled here.
  await buildModuleImage(engine.docker, top, { standIn: engine.owned });
  const script = [join(top, 'scripts/image.ts'), '--platform', 'amd64', '--tag', '9.9.9', '--env', '/dev/null'];
  const env = { PATH: process.env.PATH, DOCKER_HOST: engine.dockerHost, DOCKER_BUILDKIT: '0' };
  const { stdout } = await promisify(execFile)(process.execPath, script, { env, timeout: 60_000 });
  expect(stdout.trim().split('\n').at(-1)).toBe('Made localhost/edge-support:9.9.9-amd64');
  const image = engine.docker.getImage('localhost/edge-support:9.9.9-amd64');
  try {
    expect((await image.inspect()).Config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'edge-support',
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.version': '9.9.9',
      'org.opencontainers.image.revision': expect.stringMatching(/^([0-9a-f]{40}(-dirty)?|unknown)$/),
    });
  } finally {
    await image.remove();
  }
}, 90_000);
