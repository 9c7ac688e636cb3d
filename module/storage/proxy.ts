import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isExempt } from '../base/no-proxy.ts';

/** The connections to use for a URL. */
export type AgentFor = (url: URL) => HttpAgent;

/** The environment's proxies; both spellings are taken, lower case first. */
export function createAgents(variables: Readonly<Record<string, string | undefined>>): AgentFor {
  const variable = (name: string) => variables[name] || variables[name.toUpperCase()] || '';
  const noProxy = variable('no_proxy');
  const proxyEnv = { HTTPS_PROXY: withScheme(variable('https_proxy')), HTTP_PROXY: withScheme(variable('http_proxy')) };
  const direct = { 'https:': new HttpsAgent({ keepAlive: true }), 'http:': new HttpAgent({ keepAlive: true }) };
  const proxied = {
    'https:': new HttpsAgent({ keepAlive: true, proxyEnv }),
    'http:': new HttpAgent({ keepAlive: true, proxyEnv }),
  };
  return ({ protocol, hostname, port }) => {
    const scheme = protocol === 'http:' ? protocol : 'https:';
    const number = Number(port) || (scheme === 'http:' ? 80 : 443);
    return (isExempt(noProxy, hostname.replace(/^\[|\]$/g, ''), number) ? direct : proxied)[scheme];
  };
}

const withScheme = (proxy: string) =>
  proxy === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
