import type { Targets, World } from './fact.ts';
import { findProxySettings } from './proxy-settings.ts';
import { readTrust } from './trust.ts';

/**
 * What a helper container cannot find out by itself, for its targets: the certificates that this module trusts beside
 * Node's roots, and the proxy with its user and password. Rejects only with the signal's reason.
 */
export async function passOn(world: World, limitMs: number, signal: AbortSignal): Promise<Partial<Targets>> {
  const [{ from, store }, proxy] = await Promise.all([
    readTrust(world, limitMs, signal),
    findProxySettings(world, limitMs, signal),
  ]);
  return { ...(store ? { trust: { ...store, from } } : {}), ...(proxy ? { proxy } : {}) };
}
