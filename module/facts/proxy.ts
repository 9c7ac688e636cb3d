/** A proxy to reach an HTTPS address through. Its password is used and never shown: messages use `shown`. */
export interface Proxy {
  readonly url: URL;
  /** The address with `***` in place of user and password. */
  readonly shown: string;
}

/** Reads a proxy as `https_proxy` names it; without a scheme it is http. Undefined when it is no address. */
export function parseProxy(text: string): Proxy | undefined {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) return undefined;
  const url = new URL(full);
  if (url.hostname === '' || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  const secret = url.username !== '' || url.password !== '';
  return { url, shown: `${url.protocol}//${secret ? '***@' : ''}${url.host}` };
}

/** A proxy setting as it may be shown: never with user and password. */
export function showProxy(text: string): string {
  return parseProxy(text)?.shown ?? (text === '' ? '' : '(not an address)');
}

/** The value of the Proxy-Authorization header, when the proxy's address has a user. */
export function proxyAuthorization({ url }: Proxy): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  const words = [url.username, url.password].map(decodeURIComponent).join(':');
  return `Basic ${Buffer.from(words).toString('base64')}`;
}
