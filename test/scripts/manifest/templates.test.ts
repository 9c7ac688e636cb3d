import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateManifest } from '../../../scripts/manifest/generate.ts';
import { agent, at, type Json, ownModule, read, sources, template, top } from './support/manifests.ts';

describe('the templates of this project', () => {
  test.each(['deployment.template.json', 'deployment.debug.template.json', 'deployment.layered.template.json'])(
    '%s makes a manifest',
    (name) => {
      const manifest = generateManifest(read(name), sources);
      expect(Object.keys(manifest)).toEqual(['modulesContent']);
      expect(JSON.stringify(manifest)).toContain('"image":"registry.example:5000/edge-support:');
    },
  );

  test('the module is bounded, and has the engine’s socket and a volume and no more', () => {
    const module = ownModule(template());
    expect(module).toMatchObject({ restartPolicy: 'always', status: 'running', startupOrder: 1 });
    expect(at(module, 'settings', 'createOptions')).toEqual({
      HostConfig: {
        Binds: ['/var/run/docker.sock:/var/run/docker.sock', 'edge-support-data:/data'],
        Memory: 128 * 1024 * 1024,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      },
      StopTimeout: 30,
    });
    // Its start waits for edgeHub's.
    expect(at(template(), ...agent, 'systemModules', 'edgeHub')).toMatchObject({ startupOrder: 0 });
  });

  test('the one for debugging differs in what debugging needs', () => {
    const debug = read('deployment.debug.template.json');
    const options = at(ownModule(debug), 'settings', 'createOptions');
    const { Cmd, ExposedPorts, ...rest } = options as { Cmd: string[]; ExposedPorts: Json; HostConfig: Json };
    expect(ExposedPorts).toEqual({ '9229/tcp': {} });
    expect(Cmd.filter((word) => word !== '--inspect=0.0.0.0:9229')).toEqual(imageCommand('Dockerfile.amd64'));
    expect(rest.HostConfig['PortBindings']).toEqual({ '9229/tcp': [{ HostIp: '127.0.0.1', HostPort: '9229' }] });
    const { PortBindings: _, ...host } = rest.HostConfig;
    const usual = template();
    const { HostConfig } = at(ownModule(usual), 'settings', 'createOptions') as { HostConfig: Json };
    ownModule(debug)['env'] = ownModule(usual)['env'];
    at(ownModule(debug), 'settings')['createOptions'] = {
      ...rest,
      HostConfig: { ...host, Memory: HostConfig['Memory'] },
    };
    expect(debug).toEqual(usual);
  });

  test('the layered one adds the same module and routes to a base deployment', () => {
    const usual = template();
    expect(at(read('deployment.layered.template.json'), 'modulesContent')).toEqual({
      $edgeAgent: { 'properties.desired.modules.edgeSupport': ownModule(usual) },
      $edgeHub: Object.fromEntries(
        Object.entries(at(usual, 'modulesContent', '$edgeHub', 'properties.desired', 'routes')).map(([name, route]) => [
          `properties.desired.routes.${name}`,
          route,
        ]),
      ),
      edgeSupport: { 'properties.desired': {} },
    });
  });

  test('module.json and package.json have one version', () => {
    expect(at(read('module.json'), 'image', 'tag')['version']).toBe(read('package.json').version);
  });
});

const imageCommand = (file: string): string[] =>
  JSON.parse(/^CMD (\[.*\])$/m.exec(readFileSync(join(top, file), 'utf8'))?.[1] ?? '');
