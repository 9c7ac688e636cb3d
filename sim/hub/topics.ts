/**
 * IoT Hub's MQTT topics for a module, as in Microsoft's "Communicate with your IoT hub using MQTT" and as the device
 * SDK's azure-iot-device-mqtt sends them.
 */

export const METHODS = '$iothub/methods/POST/#';
export const TWIN_ANSWERS = '$iothub/twin/res/#';
export const DESIRED = '$iothub/twin/PATCH/properties/desired/#';

/** What a module published, read from its topic. */
export type Published =
  | { readonly kind: 'methodAnswer'; readonly status: number; readonly rid: string }
  | { readonly kind: 'twinGet'; readonly rid: string }
  | { readonly kind: 'reported'; readonly rid: string }
  | { readonly kind: 'telemetry' };

/** Reads a topic that module `deviceId/moduleId` published to; undefined when the module may not publish there. */
export function readTopic(topic: string, deviceId: string, moduleId: string): Published | undefined {
  const rid = new URLSearchParams(topic.slice(topic.indexOf('?') + 1)).get('$rid') ?? '';
  const answer = /^\$iothub\/methods\/res\/(-?\d+)\/\?\$rid=/.exec(topic);
  if (answer !== null && rid !== '') return { kind: 'methodAnswer', status: Number(answer[1]), rid };
  if (topic.startsWith('$iothub/twin/GET/?$rid=') && rid !== '') return { kind: 'twinGet', rid };
  if (topic.startsWith('$iothub/twin/PATCH/properties/reported/?$rid=') && rid !== '') return { kind: 'reported', rid };
  if (topic.startsWith(`devices/${deviceId}/modules/${moduleId}/messages/events/`)) return { kind: 'telemetry' };
  return undefined;
}

/** Whether module `deviceId/moduleId` may subscribe to the topic filter. */
export function maySubscribe(filter: string, deviceId: string, moduleId: string): boolean {
  return [METHODS, TWIN_ANSWERS, DESIRED, `devices/${deviceId}/modules/${moduleId}/inputs/#`].includes(filter);
}

export function methodTopic(name: string, rid: string): string {
  return `$iothub/methods/POST/${name}/?$rid=${rid}`;
}

/** `version` is given on answers to a reported patch that was taken. */
export function twinAnswerTopic(status: number, rid: string, version?: number): string {
  return `$iothub/twin/res/${status}/?$rid=${rid}${version === undefined ? '' : `&$version=${version}`}`;
}

export function desiredTopic(version: number): string {
  return `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
}
