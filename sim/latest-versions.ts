import { startSmallServer } from './http.ts';
import { versions } from './versions.ts';

/** The list of the newest versions that Microsoft publishes, as a site may mirror it. */
export interface LatestVersions {
  readonly url: string;
  /** By component; may be changed at any time. */
  readonly versions: { 'aziot-edge': string; 'aziot-identity-service': string };
  stop(): Promise<void>;
}

/** Serves a list in which the simulated device's packages are the newest of their line, beside an older line. */
export async function startLatestVersions(address: string): Promise<LatestVersions> {
  const newest: LatestVersions['versions'] = { ...versions };
  const older = { 'aziot-edge': '1.5.21', 'aziot-identity-service': '1.5.6' };
  const server = await startSmallServer(address, (_, response) => {
    const products = [newest, older].map((of) => ({
      id: 'aziot-edge',
      components: Object.entries(of).map(([name, version]) => ({ name, version })),
    }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ channels: [{ name: 'stable', products }] }));
  });
  return { url: `http://${address}:${server.port}/latest-versions.json`, versions: newest, stop: server.stop };
}
