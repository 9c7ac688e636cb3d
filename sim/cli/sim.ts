import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type LocalEdge, startLocalEdge } from '../edge.ts';
import { serviceSas } from '../service.ts';
import { removeFacts, writeFacts } from './facts.ts';
import { interrupted } from './interrupt.ts';

const projectDir = join(import.meta.dirname, '..', '..');

/** Where debuggers look for Node. */
const inspectPort = 9229;

/**
 * Keeps a local IoT Edge with the module running until Ctrl-C. `--process` runs the module without a container, `--debug` its
 * sources, too, open for a debugger on port 9229.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { process: { type: 'boolean', default: false }, debug: { type: 'boolean', default: false } },
  });
  const signal = interrupted();
  const edge = await startLocalEdge({ projectDir, log: (line) => console.log(`  ${line}`), signal });
  const alive = setInterval(() => undefined, 60_000);
  try {
    if (values.debug) await edge.startModule({ as: 'process', inspectPort });
    else await edge.startModule({ as: values.process ? 'process' : 'container' });
    const { rootCertificateFile } = await writeFacts(projectDir, edge);
    console.log(instructions(edge, rootCertificateFile));
    if (!signal.aborted) await once(signal, 'abort');
    console.log('Stopping ...');
  } finally {
    clearInterval(alive);
    await removeFacts(projectDir);
    await edge.stop();
  }
}

function instructions(edge: LocalEdge, rootCertificateFile: string): string {
  const methods = `/twins/${edge.deviceId}/modules/${edge.moduleId}/methods?api-version=2021-04-12`;
  const body = '{"methodName":"Ping","responseTimeoutInSeconds":30,"payload":{}}';
  return `
The module ${edge.moduleId} is connected and answers. In another terminal:

  npm run invoke -- RunCheck '{}'
  npm run invoke -- UploadModuleLogs '{"schemaVersion":"1.0","items":[{"id":".*"}],"encoding":"gzip","contentType":"text"}' --sas

or, as any back-end application would (the token is good for a day):

  curl --cacert ${rootCertificateFile} 'https://${edge.engine.uplink.gateway}${methods}' \\
    -H 'Authorization: ${serviceSas(edge.hub.serviceConnectionString, 86_400)}' \\
    -H 'Content-Type: application/json' -d '${body}'

  Docker engine of the device: DOCKER_HOST=${edge.engine.dockerHost}
  Blob container:              ${edge.blob.containerUrl}

Ctrl-C stops everything and removes it.
`;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
