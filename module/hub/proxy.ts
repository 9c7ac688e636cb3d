import { Agent } from 'node:https';

/** The proxy variables of a module, as they stand in its environment. */
export interface ProxyVariables {
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

/** Reads both spellings, lower case first. */
export function readProxyVariables(variables: Readonly<Record<string, string | undefined>>): ProxyVariables {
  return {
    httpsProxy: variables['https_proxy'] || variables['HTTPS_PROXY'] || undefined,
    noProxy: variables['no_proxy'] || variables['NO_PROXY'] || undefined,
  };
}

/** An agent that goes through the proxy when the variables name one for this host and port; else undefined. */
export function proxyAgent({ httpsProxy, noProxy }: ProxyVariables, host: string, port: number): Agent | undefined {
  if (httpsProxy === undefined || isExempt(noProxy ?? '', host, port)) return undefined;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(httpsProxy) ? httpsProxy : `http://${httpsProxy}`;
  // It may hold a password: a message must not show it.
  if (!URL.canParse(url)) throw new Error('The variable https_proxy holds no address.');
  return new Agent({ proxyEnv: { HTTPS_PROXY: url } });
}

/**
 * Whether `no_proxy` exempts a host: entries separated by commas or blanks; `*` is everything, a name stands for itself
 * and what is below it (with or without a leading dot), and a port restricts it.
 */
export function isExempt(noProxy: string, host: string, port: number): boolean {
  const name = host.toLowerCase();
  const entries = noProxy.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => {
    const [, suffix = entry, onlyPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (suffix === '' || (onlyPort !== undefined && Number(onlyPort) !== port)) return false;
    const bare = suffix.replace(/^\*?\./, '');
    return suffix === '*' || name === bare || name.endsWith(`.${bare}`);
  });
}
