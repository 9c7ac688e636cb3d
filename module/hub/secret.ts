import { SupportError } from '../base/errors.ts';
import { createWorkload } from './workload.ts';

export interface SecretSources {
  readonly workloadUri?: string | undefined;
  readonly moduleId: string;
  readonly generationId?: string | undefined;
  /** What IoT Edge's simulator gives in place of a workload API. */
  readonly connectionString?: string | undefined;
}

/**
 * A secret of this module on this device, the same after a restart, which never lies on the disk in clear: the workload
 * API's signature of a fixed text, or the key of the connection string. Rejects with a SupportError when it cannot be
 * had now.
 */
export function createSecret(sources: SecretSources): () => Promise<Uint8Array> {
  const { workloadUri: uri, moduleId, generationId, connectionString = '' } = sources;
  if (uri !== undefined && generationId !== undefined) {
    const workload = createWorkload({ uri, moduleId, generationId });
    return () => workload.sign(Buffer.from('edge-support: a key for what is kept on this device'));
  }
  const key = /(?:^|;)SharedAccessKey=([^;]+)/i.exec(connectionString)?.[1];
  return async () => {
    if (key !== undefined) return Buffer.from(key, 'base64');
    throw new SupportError(
      'unavailable',
      'There is neither a workload API (IOTEDGE_WORKLOADURI) nor a key of this module.',
    );
  };
}
