import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';

/** What the deployment manifest says of our module. */
export interface DeployedModule {
  readonly createOptions: Docker.ContainerCreateOptions;
  readonly env: Record<string, string>;
}

interface Template {
  modulesContent: {
    $edgeAgent: {
      'properties.desired': {
        modules: Record<
          string,
          { settings: { createOptions: Docker.ContainerCreateOptions }; env?: Record<string, { value: string }> }
        >;
      };
    };
  };
}

/** Reads the module from the project's own deployment.template.json, so that what is tried is what is deployed. */
export async function deployedModule(projectDir: string, moduleId: string): Promise<DeployedModule> {
  const template = JSON.parse(await readFile(join(projectDir, 'deployment.template.json'), 'utf8')) as Template;
  const module = template.modulesContent.$edgeAgent['properties.desired'].modules[moduleId];
  if (!module) throw new Error(`deployment.template.json has no module ${moduleId}.`);
  const env = Object.fromEntries(Object.entries(module.env ?? {}).map(([name, { value }]) => [name, value]));
  return { createOptions: module.settings.createOptions, env };
}
