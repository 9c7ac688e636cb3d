/**
 * The cloud side in a process of its own, with the real service SDK and nothing else: run with NODE_EXTRA_CA_CERTS and
 * the hub's connection string as argument, it takes orders over the IPC channel.
 */
import iothub from 'azure-iothub';

const connectionString = process.argv[2] ?? '';
const client = iothub.Client.fromConnectionString(connectionString);
const registry = iothub.Registry.fromConnectionString(connectionString);

type Order = { readonly id: number; readonly call: string; readonly args: readonly never[] };

const calls: Record<string, (...args: readonly never[]) => Promise<unknown>> = {
  invoke: async (deviceId: string, moduleId: string, params: never) =>
    (await client.invokeDeviceMethod(deviceId, moduleId, params)).result,
  getTwin: async (deviceId: string, moduleId: string) =>
    (await registry.getModuleTwin(deviceId, moduleId)).responseBody,
  updateTwin: async (deviceId: string, moduleId: string, patch: never, etag: string) =>
    (await registry.updateModuleTwin(deviceId, moduleId, patch, etag)).responseBody,
  modules: async (deviceId: string) => (await registry.getModulesOnDevice(deviceId)).responseBody,
};

process.on('message', async ({ id, call, args }: Order) => {
  try {
    process.send?.({ id, result: JSON.parse(JSON.stringify((await calls[call]?.(...args)) ?? null)) });
  } catch (error) {
    const { name, message, responseBody } = error as Error & { responseBody?: string };
    process.send?.({ id, error: { name, message, responseBody } });
  }
});
