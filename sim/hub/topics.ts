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
  /** `bag`: the message's properties, URL-encoded, `name=value` joined by `&`. */
  | { readonly kind: 'telemetry'; readonly bag: string };

/** Reads a topic that module `deviceId/moduleId` published to; undefined when the module may not publish there. */
export function readTopic(topic: string, deviceId: string, moduleId: string): Published | undefined {
  const rid = new URLSearchParams(topic.slice(topic.indexOf('?') + 1)).get('$rid') ?? '';
  const answer = /^\$iothub\/methods\/res\/(-?\d+)\/\?\$rid=/.exec(topic);
  if (answer !== null && rid !== '') return { kind: 'methodAnswer', status: Number(answer[1]), rid };
  if (topic.startsWith('$iothub/twin/GET/?$rid=') && rid !== '') return { kind: 'twinGet', rid };
  if (topic.startsWith('$iothub/twin/PATCH/properties/reported/?$rid=') && rid !== '') return { kind: 'reported', rid };
  const events = `devices/${deviceId}/modules/${moduleId}/messages/events/`;
  if (topic.startsWith(events)) return { kind: 'telemetry', bag: topic.slice(events.length).replace(/\/$/, '') };
  return undefined;
}

/** Whether module `deviceId/moduleId` may subscribe to the topic filter. */
export function maySubscribe(filter: string, deviceId: string, moduleId: string): boolean {
  return [METHODS, TWIN_ANSWERS, DESIRED, inputsFilter(deviceId, moduleId)].includes(filter);
}

/** What a module subscribes to for the messages that are routed to its inputs. */
export function inputsFilter(deviceId: string, moduleId: string): string {
  return `devices/${deviceId}/modules/${moduleId}/inputs/#`;
}

/** As edgeHub's MessageAddressConverter builds it from its template `ModuleEndpoint`. */
export function inputTopic(deviceId: string, moduleId: string, input: string, pairs: readonly string[]): string {
  return `devices/${deviceId}/modules/${moduleId}/inputs/${input}/${pairs.join('&')}`;
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
