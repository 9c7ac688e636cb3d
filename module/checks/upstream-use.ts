import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';

/** The upstream's ports by what is spoken there. */
export type Port = 'amqp' | 'https' | 'mqtt';

/** Their names in `additional_info` of `iotedge check`. */
export const portNames = { amqp: 'Amqp', https: 'Https', mqtt: 'Mqtt' } as const;

/** The ports that matter to a device. */
export interface UpstreamUse {
  /** `UpstreamProtocol` of edgeAgent; absent when it is not set. */
  readonly protocol?: string;
  /** The ports that `iotedge check` looks at from containers, and those without which modules are cut off. */
  readonly asks: readonly Port[];
  readonly needs: readonly Port[];
}

/** By edgeAgent's `UpstreamProtocol`, as container_connect_upstream.rs of the original has it. */
const uses: Readonly<Record<string, Omit<UpstreamUse, 'protocol'>>> = {
  amqp: { asks: ['amqp'], needs: ['amqp'] },
  amqpws: { asks: ['amqp', 'https', 'mqtt'], needs: ['https'] },
  mqtt: { asks: ['mqtt'], needs: ['mqtt'] },
  mqttws: { asks: ['amqp', 'https', 'mqtt'], needs: ['https'] },
};
/** edgeAgent then tries AMQP and falls back to AMQP over WebSockets. */
const unset: Omit<UpstreamUse, 'protocol'> = { asks: ['amqp', 'https'], needs: ['amqp', 'https'] };

/** What the device uses: edgeAgent's setting counts, this module's own where there is no edgeAgent to see. */
export function upstreamUse(facts: {
  readonly environment: Reading<Facts['environment']>;
  readonly edgeContainers: Reading<Facts['edgeContainers']>;
}): UpstreamUse {
  const agent = valueOf(facts.edgeContainers)?.containers.find(({ name }) => name === 'edgeAgent');
  const protocol = agent ? agent.upstreamProtocol : valueOf(facts.environment)?.upstreamProtocol;
  return { ...(uses[protocol?.toLowerCase() ?? ''] ?? unset), ...(protocol === undefined ? {} : { protocol }) };
}
