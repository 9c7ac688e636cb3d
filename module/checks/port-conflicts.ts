import type { EdgeContainer, EdgePort } from '../facts/edge-containers.ts';
import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

interface Wanted extends EdgePort {
  readonly module: string;
  readonly running: boolean;
}

export const portConflicts = defineCheck({
  id: 'port-conflicts',
  section: 'Field checks',
  title: 'no two ask for the same port of the host',
  needs: ['edgeContainers', 'hostSockets'],
  judge({ edgeContainers, hostSockets }): Verdict {
    if ('unavailable' in edgeContainers) return skippedFor(edgeContainers);
    const { containers } = edgeContainers.value;
    const wanted = containers.flatMap(wantedBy).sort((a, b) => a.host - b.host);
    const listening = valueOf(hostSockets)?.tcp;
    const info = {
      ports: wanted.map(({ module, host, address, container, running }) => ({
        module,
        host,
        address,
        container,
        running,
      })),
      ...(listening ? {} : { not_seen: 'what else listens on the host' }),
    };
    const found = [...sharedPorts(wanted), ...refusedStarts(containers)];
    const explained = new Set(found.flatMap(({ modules }) => modules));
    const taken = wanted.filter((port) => !explained.has(port.module) && isTaken(port, wanted, listening ?? []));
    const problems = [
      ...found.map(({ text }) => text),
      ...taken.map(({ module, host }) => `${module} does not run, and something else listens on its port ${host}.`),
    ];
    if (problems.length === 0) return { status: 'ok', info };
    return {
      status: 'failed',
      details: problems,
      fix:
        "See on the device with 'ss -ltnp' what listens on the port, and stop it or give one of the two another port " +
        '(HostConfig.PortBindings in the createOptions).',
      info,
    };
  },
});

/** The fixed ports only: for port 0 the engine chooses a free one. */
function wantedBy({ name, ports, state }: EdgeContainer): readonly Wanted[] {
  return ports.filter(({ host }) => host > 0).map((port) => ({ ...port, module: name, running: state === 'running' }));
}

interface Conflict {
  readonly modules: readonly string[];
  readonly text: string;
}

function sharedPorts(wanted: readonly Wanted[]): readonly Conflict[] {
  const pairs = wanted.flatMap((one, at) =>
    wanted
      .slice(at + 1)
      .filter((other) => one.module !== other.module && collide(one, other))
      .map((other) => {
        const modules = [one.module, other.module];
        return {
          modules,
          text: `${modules.join(' and ')} both ask for port ${one.host}/${protocolOf(one)} of the host.`,
        };
      }),
  );
  // A port is often asked for twice, for IPv4 and for IPv6.
  return [...new Map(pairs.map((pair) => [pair.text, pair])).values()];
}

function collide(one: Wanted, other: Wanted): boolean {
  return one.host === other.host && protocolOf(one) === protocolOf(other) && sameAddress(one.address, other.address);
}

const protocolOf = ({ container }: EdgePort) => container.split('/')[1] ?? 'tcp';
const isAny = (address: string) => ['', '0.0.0.0', '::'].includes(address);
const sameAddress = (a: string, b: string) => isAny(a) || isAny(b) || a === b;

/** What the engine said when it could not start a container. */
function refusedStarts(containers: readonly EdgeContainer[]): readonly Conflict[] {
  return containers
    .filter(({ error = '' }) => /port is already allocated|address already in use|ports are not available/i.test(error))
    .map(({ name, error }) => ({ modules: [name], text: `${name} could not be started: ${error}` }));
}

/** Whether somebody listens who is not one of the modules that may. */
function isTaken(port: Wanted, wanted: readonly Wanted[], listening: readonly { address: string; port: number }[]) {
  if (port.running || protocolOf(port) !== 'tcp') return false;
  if (wanted.some((other) => other.running && collide(port, other))) return false;
  return listening.some((one) => one.port === port.host && sameAddress(one.address, port.address));
}
