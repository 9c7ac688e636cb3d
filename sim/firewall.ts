import { ruleComment } from './engine/labels.ts';
import { run } from './engine/run.ts';
import type { Engine } from './engine.ts';

/** Which packets are dropped, of those that go to the simulated cloud (the gateway of the uplink network). */
export interface Blocked {
  readonly protocol?: 'tcp' | 'udp';
  /** Without one every port of the protocol; without a protocol everything. */
  readonly port?: number;
  /** Only from this subnet. Without one from everybody on the device, its host included. */
  readonly from?: string;
}

/**
 * Drops packets to the simulated cloud without a word, as a site's firewall does. The rules stand in this machine's
 * INPUT chain, match the engine's own address only and name its run, so that whoever clears its leftovers finds them.
 * Needs root, iptables and an engine of our own. Returns what takes them back.
 */
export async function blockCloud(engine: Engine, blocked: Blocked): Promise<() => Promise<void>> {
  if (!engine.owned) throw new Error('Others use this Docker engine too: only at a private one packets are dropped.');
  const { protocol, port, from } = blocked;
  const rule = [
    ...['INPUT', '-d', engine.uplink.gateway],
    ...(from === undefined ? [] : ['-s', from]),
    ...(protocol === undefined ? [] : ['-p', protocol]),
    ...(port === undefined ? [] : ['--dport', String(port)]),
    ...['-m', 'comment', '--comment', ruleComment(engine.runId), '-j', 'DROP'],
  ];
  await run('iptables', ['-w', '5', '-I', ...rule]);
  return async () => void (await run('iptables', ['-w', '5', '-D', ...rule]));
}
