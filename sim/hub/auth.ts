import { createHmac } from 'node:crypto';

/** A shared access signature, taken apart. `signed` is the text that was signed. */
export interface Sas {
  /** The resource, URL-decoded. */
  readonly resource: string;
  readonly signature: string;
  /** Expiry, milliseconds since 1970. */
  readonly expires: number;
  readonly keyName: string | undefined;
  readonly signed: string;
}

/**
 * Reads `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`; undefined when it is not one.
 * Format: Microsoft's "Control access to IoT Hub by using shared access signatures".
 */
export function readSas(text: string | undefined): Sas | undefined {
  const prefix = 'SharedAccessSignature ';
  if (text === undefined || !text.startsWith(prefix)) return undefined;
  const fields = new Map(
    text
      .slice(prefix.length)
      .split('&')
      .map((field): [string, string] => {
        const at = field.indexOf('=');
        return [field.slice(0, at), field.slice(at + 1)];
      }),
  );
  const [sr, sig, se, skn] = [fields.get('sr'), fields.get('sig'), fields.get('se'), fields.get('skn')];
  if (sr === undefined || sig === undefined || se === undefined || !/^\d+$/.test(se)) return undefined;
  try {
    return {
      resource: decodeURIComponent(sr),
      signature: decodeURIComponent(sig),
      expires: Number(se) * 1000,
      keyName: skn === undefined ? undefined : decodeURIComponent(skn),
      // Clients encode with capital or small hex digits; the signature covers the text as it was sent.
      signed: `${sr}\n${se}`,
    };
  } catch {
    return undefined;
  }
}

/** Why the token does not open `resource` for the holder of `key` (base64), or undefined when it does. */
export function sasFault(sas: Sas | undefined, resource: string, key: string): string | undefined {
  if (sas === undefined) return 'expected a shared access signature, got something else or nothing';
  if (sas.resource.toLowerCase() !== resource.toLowerCase())
    return `expected a token for ${resource}, got one for ${sas.resource}`;
  if (sas.expires <= Date.now()) return `the token expired at ${new Date(sas.expires).toISOString()}`;
  return sas.signature === sign(key, sas.signed) ? undefined : 'the signature does not match the key';
}

/** Base64 of HMAC-SHA256 over `text` with the base64 key. */
export function sign(key: string, text: string | Uint8Array): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
}

/** What an MQTT CONNECT of a module says: client id `<device>/<module>`, user `<hub>/<device>/<module>/?api-version=…`. */
export interface Login {
  readonly hub: string;
  readonly deviceId: string;
  readonly moduleId: string;
}

/** Reads who connects; a text says what is wrong with it. */
export function readLogin(clientId: string, userName: string | undefined): Login | string {
  const [deviceId, moduleId, ...more] = clientId.split('/');
  if (!deviceId || !moduleId || more.length > 0) return `expected client id <device>/<module>, got ${clientId}`;
  const user = /^([^/]+)\/([^/]+)\/([^/]+)\/\?(.*)$/.exec(userName ?? '');
  if (user === null) return `expected user name <hub>/<device>/<module>/?api-version=…, got ${userName}`;
  if (user[2] !== deviceId || user[3] !== moduleId) return `user name ${userName} is not of client ${clientId}`;
  if (!new URLSearchParams(user[4]).has('api-version')) return 'the user name has no api-version';
  return { hub: user[1] ?? '', deviceId, moduleId };
}
