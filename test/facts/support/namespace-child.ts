/**
 * Reads facts in the network namespace that it is started in and writes them as JSON. With `serve` it also runs a hub there
 * (HTTPS and MQTT on one port), with this certificate.
 */
import { type FactName, readFacts } from '../../../module/facts/index.ts';
import { httpsServer } from './servers.ts';
import { type WorldParts, worldWith } from './world.ts';

export interface NamespaceRequest {
  readonly names: readonly FactName[];
  readonly env: NonNullable<WorldParts['env']>;
  readonly targets: NonNullable<WorldParts['targets']>;
  readonly limitMs: number;
  readonly serve?: { readonly chain: string; readonly privateKey: string };
}

const { names, env, targets, limitMs, serve } = JSON.parse(process.argv[2] ?? '') as NamespaceRequest;
await using hub = serve && (await httpsServer(serve));
const ports = hub ? { amqp: 5671, mqtt: 8883, ...targets.ports, https: hub.port } : targets.ports;
const world = worldWith({ env, targets: { ...targets, ...(ports ? { ports } : {}) } });
const readings = await readFacts(names, world, { limitMs });
process.stdout.write(JSON.stringify(readings));
