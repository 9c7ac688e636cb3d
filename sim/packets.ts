import { run } from './engine/run.ts';
import type { Engine } from './engine.ts';

/** Where the packets go and come from. */
export interface Peer {
  readonly address: string;
  /** TCP port; all of the address without one. */
  readonly port?: number;
}

/**
 * Drops all packets between a container and a peer, without a word to either: connections there are become half-open,
 * new ones find nobody. The rules stand in the container's own network namespace, so that nobody else is touched, and go
 * with it. Needs root, iptables and nsenter. Returns what takes them back.
 */
export async function dropPackets(engine: Engine, containerId: string, peer: Peer): Promise<() => Promise<void>> {
  const { State } = await engine.docker.getContainer(containerId).inspect();
  const inside = (action: '-I' | '-D', [chain = '', ...match]: readonly string[]) =>
    run('nsenter', ['-t', String(State.Pid), '-n', 'iptables', '-w', '5', action, chain, ...match, '-j', 'DROP']);
  const port = (which: string) => (peer.port === undefined ? [] : [which, String(peer.port)]);
  const rules = [
    ['OUTPUT', '-p', 'tcp', '-d', peer.address, ...port('--dport')],
    ['INPUT', '-p', 'tcp', '-s', peer.address, ...port('--sport')],
  ];
  for (const rule of rules) await inside('-I', rule);
  return async () => {
    for (const rule of rules) await inside('-D', rule);
  };
}
