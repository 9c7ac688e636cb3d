import device, { type ModuleClient, type Twin } from 'azure-iot-device';
import mqtt from 'azure-iot-device-mqtt';

/** Connects with the real device SDK, as a module that finds the given environment. */
export async function connectModule(environment: Record<string, string>): Promise<ModuleClient> {
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    const client = await device.ModuleClient.fromEnvironment(mqtt.Mqtt);
    await client.open();
    return client;
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** Reports properties through the SDK's twin. */
export function report(twin: Twin, patch: Record<string, unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    twin.properties.reported.update(patch, (error: Error | undefined) => (error ? reject(error) : resolve()));
  });
}

/** Registers a method whose answer is `answer(payload)` with status 200; resolves when the hub was asked to subscribe. */
export function onMethod(client: ModuleClient, name: string, answer: (payload: unknown) => unknown): void {
  client.onMethod(name, (request, response) => {
    if (request === undefined || response === undefined) throw new Error('the SDK gave no request');
    response.send(200, answer(request.payload)).catch(() => undefined);
  });
}
