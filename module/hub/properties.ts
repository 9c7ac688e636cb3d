/** A message's properties: those of the application, and those that IoT Hub knows, by its names for them. */
export interface MessageProperties {
  readonly application: ReadonlyMap<string, string>;
  readonly system: ReadonlyMap<string, string>;
}

/** Names on the wire and in conditions of routes: edgeHub's SystemProperties, both of its maps. */
const systemNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '$.cdid': 'connectionDeviceId',
    '$.cmid': 'connectionModuleId',
    '$.on': 'outputName',
    '$.mid': 'messageId',
    '$.cid': 'correlationId',
    '$.uid': 'userId',
    '$.to': 'to',
    '$.ct': 'contentType',
    '$.ce': 'contentEncoding',
    '$.schema': 'messageSchema',
    '$.ctime': 'creationTime',
    '$.exp': 'absolute-expiry-time',
    '$.ifid': 'iothub-interface-id',
  }),
);

/** Reads properties as they stand in the topic: URL-encoded, `name=value` joined by `&`. What cannot be decoded stays. */
export function readProperties(bag: string): MessageProperties {
  const application = new Map<string, string>();
  const system = new Map<string, string>();
  for (const pair of bag.replace(/^\?|\/$/g, '').split('&')) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    if (name === '') continue;
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    const known = systemNames.get(name);
    if (known !== undefined) system.set(known, value);
    else application.set(name, value);
  }
  return { application, system };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
