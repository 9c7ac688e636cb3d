import type { EdgeContainer } from '../facts/edge-containers.ts';

/** edged's default for `moby_runtime.network`. */
const usual = 'azure-iot-edge';

/** The name of the IoT Edge network: that of the given module, else that of edgeAgent, else edged's default. */
export function edgeNetwork(containers: readonly EdgeContainer[], moduleId: string | undefined): string {
  const of = (name: string | undefined) => {
    const names = containers.find((container) => container.name === name)?.networks ?? [];
    return names.includes(usual) ? usual : names[0];
  };
  return of(moduleId) ?? of('edgeAgent') ?? usual;
}
