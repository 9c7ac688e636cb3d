import { isTable, readDaemonConfig } from './daemon-config.ts';
import { type HostView, Unavailable } from './fact.ts';
import { hostPath } from './host-view.ts';

/** How the device gets its identity, from identityd's configuration. */
export interface Provisioning {
  /** manual, dps or none. */
  readonly source: string;
  readonly globalEndpoint?: string;
}

/**
 * Reads `[provisioning]` of identityd's configuration. Throws Unavailable when the folder was not bound, a file cannot be
 * read, or none says the source. Messages hold no text of the files.
 */
export async function readProvisioning(view: HostView, signal: AbortSignal): Promise<Provisioning> {
  hostPath(view, '/etc/aziot/identityd');
  const config = await readDaemonConfig(view, 'identityd', signal);
  if ('problem' in config) {
    const { kind, file, message } = config.problem;
    throw new Unavailable(kind === 'permission-denied' ? kind : 'unreadable', `${file}: ${message}`);
  }
  const { provisioning } = config.value;
  const { source, global_endpoint: globalEndpoint } = isTable(provisioning) ? provisioning : {};
  if (typeof source !== 'string') {
    throw new Unavailable('unknown', 'identityd’s configuration does not say how the device is provisioned.');
  }
  return { source, ...(typeof globalEndpoint === 'string' ? { globalEndpoint } : {}) };
}
