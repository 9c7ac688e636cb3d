import { readFile } from 'node:fs/promises';
import type { Fact } from './fact.ts';

/** What this container asks for names, from its `/etc/resolv.conf`. */
export interface ResolverReading {
  /** On a network of its own a container asks the engine (127.0.0.11), which asks others. */
  readonly nameservers: readonly string[];
  /**
   * Whether the name servers were set (in daemon.json or for the container) rather than taken from the host.
   * Engines from version 25 on note it in a comment; absent where the file says nothing.
   */
  readonly configured?: boolean;
  /** The servers that the engine asks in turn, when it names them. */
  readonly forwardedTo: readonly string[];
}

export const resolver: Fact<ResolverReading> = {
  about: 'Reading /etc/resolv.conf',
  async read(_, signal) {
    return parseResolvConf(await readFile('/etc/resolv.conf', { encoding: 'utf8', signal }));
  },
};

/** Reads a resolv.conf(5) with the comments that moby's `libnetwork/internal/resolvconf` adds. */
export function parseResolvConf(text: string): ResolverReading {
  const list = (comment: string): readonly string[] | null | undefined =>
    new RegExp(`^# ${comment}: \\[([^\\]\\n]*)\\]`, 'm').exec(text)?.[1]?.match(/\S+/g);
  const overrides = /^# Overrides: \[/m.test(text) ? (list('Overrides') ?? []) : undefined;
  return {
    nameservers: [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, address]) => address ?? ''),
    ...(overrides ? { configured: overrides.includes('nameservers') } : {}),
    forwardedTo: list('ExtServers') ?? [],
  };
}
