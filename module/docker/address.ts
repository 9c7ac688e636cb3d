import { SupportError } from '../base/errors.ts';

/** Where the engine listens, in the words of Node's http client. */
export type EngineAddress =
  | { readonly socketPath: string }
  | { readonly protocol: 'http' | 'https'; readonly host: string; readonly port: string };

const defaultSocket = '/var/run/docker.sock';

const remote = /^(?<scheme>tcp|https?):\/\/(?<host>[\w.-]+|\[[\da-fA-F:]+\])(?::(?<port>\d{1,5}))?\/?$/;

/**
 * Reads DOCKER_HOST: `unix:///path`, `tcp://host:port`, `http://…` or `https://…`; empty means the usual socket.
 * `tcp` on port 2376 means TLS, as in the Docker CLI. Throws a SupportError `bad-request` for anything else.
 */
export function parseDockerHost(dockerHost: string): EngineAddress {
  const text = dockerHost.trim();
  if (text === '') return { socketPath: defaultSocket };
  if (text.startsWith('unix://')) return { socketPath: text.slice('unix://'.length) || defaultSocket };
  const { scheme, host = '', port } = remote.exec(text)?.groups ?? {};
  if (scheme !== undefined) {
    const secure = scheme === 'https' || (scheme === 'tcp' && port === '2376');
    const plainHost = host.replace(/^\[|\]$/g, '');
    return { protocol: secure ? 'https' : 'http', host: plainHost, port: port ?? (secure ? '2376' : '2375') };
  }
  throw new SupportError(
    'bad-request',
    `DOCKER_HOST must be unix:///path, tcp://host:port or http(s)://…, got "${text}".`,
  );
}
