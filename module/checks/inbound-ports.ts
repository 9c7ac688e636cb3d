import type { EdgePort } from '../facts/edge-containers.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

/** What downstream devices connect to at edgeHub, by its port. */
const served: Readonly<Record<string, string>> = {
  '443/tcp': 'HTTPS and WebSockets',
  '5671/tcp': 'AMQP',
  '8883/tcp': 'MQTT',
};
/** The same without TLS, which edgeHub does not speak. */
const unserved = ['80', '1883', '5672'];

export const inboundPorts = defineCheck({
  id: 'inbound-ports',
  section: 'Field checks',
  title: 'edgeHub offers downstream devices only ports that it supports',
  needs: ['edgeContainers'],
  judge({ edgeContainers }): Verdict {
    if ('unavailable' in edgeContainers) return skippedFor(edgeContainers);
    const hub = edgeContainers.value.containers.find(({ name }) => name === 'edgeHub');
    if (!hub) {
      return {
        status: 'skipped',
        reason: 'unknown',
        why: 'There is no container edgeHub whose ports could be looked at.',
      };
    }
    const published = hub.ports.map((port) => ({ ...port, for: served[port.container] ?? null }));
    const missing = Object.keys(served).filter((port) => !hub.ports.some(({ container }) => container === port));
    const info = { published, not_published: missing };
    const useless = hub.ports.filter(isUnserved);
    const local = hub.ports.filter((port) => served[port.container] && isLoopback(port.address));
    if (useless.length > 0) {
      return {
        status: 'warning',
        details: [
          `Published but not supported by edgeHub: ${useless.map(describe).join(', ')}.`,
          'edgeHub takes connections with TLS only: HTTPS and WebSockets on 443, AMQP on 5671, MQTT on 8883.',
        ],
        fix: `Remove these bindings from HostConfig.PortBindings in the createOptions of edgeHub, and let downstream devices use ${Object.keys(served).join(', ')}.`,
        info,
      };
    }
    if (local.length > 0) {
      return {
        status: 'warning',
        details: [`Only this device itself can connect to ${local.map(describe).join(', ')}.`],
        fix: 'Leave out HostIp in HostConfig.PortBindings of edgeHub, or give the address by which downstream devices reach this one.',
        info,
      };
    }
    return { status: 'ok', info };
  },
});

function isUnserved({ container, host }: EdgePort): boolean {
  return (
    served[container] === undefined && unserved.some((port) => container === `${port}/tcp` || host === Number(port))
  );
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function describe({ container, host, address }: EdgePort): string {
  return `${address === '' ? '' : `${address}:`}${host} → ${container}`;
}
