import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const top = join(import.meta.dirname, '../../../..');

const variables = {
  CONTAINER_REGISTRY_SERVER: 'Registry.example:5000',
  CONTAINER_REGISTRY_USERNAME: 'puller',
  CONTAINER_REGISTRY_PASSWORD: 'hunter2"\\$HOME',
};
export const sources = { folder: top, variables, platform: 'amd64' };

export type Json = Record<string, unknown>;
export const read = (name: string) => JSON.parse(readFileSync(join(top, name), 'utf8'));
export const template = (): Json => read('deployment.template.json');

/** What stands at a path of names. */
export const at = (value: unknown, ...path: string[]): Json =>
  path.reduce((own, name) => (own as Record<string, Json>)[name] as Json, value as Json);

/** Where edgeAgent's desired properties are. */
export const agent = ['modulesContent', '$edgeAgent', 'properties.desired'];

/** Our module in a manifest. */
export const ownModule = (manifest: unknown) => at(manifest, ...agent, 'modules', 'edgeSupport');

/** The sentence with which something is refused. */
export function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}
