import { createHash } from 'node:crypto';
import { startSmallServer } from './http.ts';
import { versions } from './versions.ts';

/** edgeAgent's image in the simulated registry. */
export const agentRepository = `azureiotedge-agent:${versions['aziot-edge']}`;

/** A container registry that knows what an image is, and holds nothing of it. */
export interface Registry {
  /** `127.0.0.1:PORT`: engines take registries on the loopback without TLS. */
  readonly host: string;
  /** `repository:tag` of what it has; may be changed at any time. */
  readonly images: Set<string>;
  /** Requests are taken and never answered. */
  silent: boolean;
  stop(): Promise<void>;
}

const listType = 'application/vnd.docker.distribution.manifest.list.v2+json';

/** One image for each of the platforms that IoT Edge has; the digests name nothing that could be pulled. */
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: listType,
  manifests: ['amd64', 'arm64'].map((architecture) => ({
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    size: 1000,
    digest: digestOf(architecture),
    platform: { architecture, os: 'linux' },
  })),
});
const digest = digestOf(manifest);

/**
 * Answers what an engine asks a registry when it is to say whether an image exists: the base path and manifests by tag
 * and by digest. Source: Docker Registry HTTP API V2, "Existing Manifests".
 */
export async function startRegistry(images: readonly string[]): Promise<Registry> {
  const has = new Set(images);
  const server = await startSmallServer('127.0.0.1', ({ method, url = '' }, response) => {
    if (registry.silent) return;
    const path = decodeURIComponent(url);
    const [, repository = '', reference = ''] = /^\/v2\/(.+)\/manifests\/([^/?]+)$/.exec(path) ?? [];
    const there = has.has(`${repository}:${reference}`) || reference === digest;
    const [status, type, body] =
      path === '/v2/'
        ? [200, 'application/json', '{}']
        : there
          ? [200, listType, manifest]
          : [404, 'application/json', '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'];
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'docker-distribution-api-version': 'registry/2.0',
      ...(there ? { 'docker-content-digest': digest } : {}),
    });
    response.end(method === 'HEAD' ? undefined : body);
  });
  const registry: Registry = { host: `127.0.0.1:${server.port}`, images: has, silent: false, stop: server.stop };
  return registry;
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
