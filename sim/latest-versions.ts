import { startSmallServer } from './http.ts';

/** The list of the newest versions that Microsoft publishes, as a site may mirror it. */
export interface LatestVersions {
  readonly url: string;
  /** By component; may be changed at any time. */
  readonly versions: { 'aziot-edge': string; 'aziot-identity-service': string };
  stop(): Promise<void>;
}

/** Serves a list in which the simulated device's packages are the newest of 1.5, beside a newer 1.6. */
export async function startLatestVersions(address: string): Promise<LatestVersions> {
  const versions = { 'aziot-edge': '1.5.21', 'aziot-identity-service': '1.5.6' };
  const server = await startSmallServer(address, (_, response) => {
    const newer = { 'aziot-edge': '1.6.1', 'aziot-identity-service': '1.6.0' };
    const products = [newer, versions].map((of) => ({
      id: 'aziot-edge',
      components: Object.entries(of).map(([name, version]) => ({ name, version })),
    }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ channels: [{ name: 'stable', products }] }));
  });
  return { url: `http://${address}:${server.port}/latest-versions.json`, versions, stop: server.stop };
}
