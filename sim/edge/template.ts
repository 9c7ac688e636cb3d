import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { RouteText } from '../hub/routes.ts';

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
    $edgeHub: { 'properties.desired': { routes: Record<string, RouteText> } };
  };
}

const read = async (projectDir: string) =>
  JSON.parse(await readFile(join(projectDir, 'deployment.template.json'), 'utf8')) as Template;

/** Reads edgeHub's routes from there. */
export async function deployedRoutes(projectDir: string): Promise<Readonly<Record<string, RouteText>>> {
  return (await read(projectDir)).modulesContent.$edgeHub['properties.desired'].routes;
}

/** Reads the module from the project's own deployment.template.json, so that what is tried is what is deployed. */
export async function deployedModule(projectDir: string, moduleId: string): Promise<DeployedModule> {
  const template = await read(projectDir);
  const module = template.modulesContent.$edgeAgent['properties.desired'].modules[moduleId];
  if (!module) throw new Error(`deployment.template.json has no module ${moduleId}.`);
  const env = Object.fromEntries(Object.entries(module.env ?? {}).map(([name, { value }]) => [name, value]));
  return { createOptions: module.settings.createOptions, env };
}
