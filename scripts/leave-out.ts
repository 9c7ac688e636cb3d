import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * What our dependencies load and the module never uses: path below node_modules → what it would be for. Where the list
 * names a file that loads others, they are gone with it.
 */
const leftOut: Readonly<Record<string, string>> = {
  'azure-iot-device/dist/blob_upload/index.js': 'File upload of device clients (an old @azure/storage-blob)',
  '@azure/storage-common/dist/esm/crc64.js': 'The CRC64 checksum of Blob Storage (WebAssembly)',
  'docker-modem/lib/ssh.js': 'Docker over ssh (ssh2)',
  'dockerode/lib/session.js': 'A BuildKit session (@grpc)',
  'dockerode/lib/buildkit.js': "BuildKit's progress (protobufjs)",
  'tar-fs/index.js': 'Sending a folder to the engine as a build context (tar-fs)',
  '@balena/dockerignore/ignore.js': 'Reading .dockerignore',
  'archiver/lib/plugins/tar.js': 'Writing tar archives (tar-stream)',
  'archiver/lib/plugins/json.js': 'Writing JSON archives',
  'prom-client/lib/cluster.js': 'Metrics of a cluster of processes',
  'prom-client/lib/defaultMetrics.js': "prom-client's set of metrics of the process",
  'prom-client/lib/exemplar.js': 'Exemplars in metrics (@opentelemetry)',
  'prom-client/lib/pushgateway.js': "Prometheus' push gateway",
  'prom-client/lib/summary.js': 'Summaries (tdigest)',
  'zod/v4/locales/index.js': "Zod's messages in other languages",
};

/** Those of the list that were met, in whatever was built until now. */
const found = new Set<string>();

/** Throws when the list names files that nothing loaded: it is out of date. */
export function checkLeftOut(): void {
  const stale = Object.keys(leftOut).filter((name) => !found.has(name));
  if (stale.length > 0) {
    throw new Error(`scripts/leave-out.ts names files that nothing loads any more: ${stale.join(', ')}`);
  }
}

/** Replaces each file of the list above by a stand-in that throws one clear sentence when it is used. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/]/ }, async ({ path }) => {
      const name = path
        .split(sep)
        .join('/')
        .replace(/^.*\/node_modules\//, '');
      const what = leftOut[name];
      if (what === undefined) return undefined;
      found.add(name);
      const sentence = `${what} is left out of this build; see scripts/leave-out.ts.`;
      return { contents: standIn(sentence, await readFile(path, 'utf8')), loader: 'js' };
    });
  },
};

/** As a function and as any property of it: whoever calls or constructs it gets the sentence. */
function standIn(sentence: string, original: string): string {
  const isModule = /^export /m.test(original);
  return `
const touched = function () { throw new Error(${JSON.stringify(sentence)}); };
const everything = new Proxy(touched, {
  get: (_, key) => (key === '__esModule' ? true : typeof key === 'symbol' || key === 'then' ? undefined : touched),
});
${isModule ? 'export default everything;' : 'module.exports = everything;'}`;
}
