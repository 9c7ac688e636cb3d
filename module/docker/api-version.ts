import type { EngineVersion } from './docker.ts';

/** The newest engine API whose answers this module knows; older engines are asked in their own version. */
export const newestApi = '1.47';

/**
 * The path prefix of the newest API version that both sides know, for instance `/v1.41`; the oldest that the engine
 * still accepts when that is newer than what we know.
 */
export function apiPrefix({ apiVersion, minApiVersion }: Pick<EngineVersion, 'apiVersion' | 'minApiVersion'>): string {
  const known = [newestApi, apiVersion].filter(isVersion).sort(byVersion)[0] ?? newestApi;
  return `/v${isVersion(minApiVersion) && byVersion(minApiVersion, known) > 0 ? minApiVersion : known}`;
}

const isVersion = (text: string) => /^\d+\.\d+$/.test(text);

/** Sorts `1.9` before `1.41`. */
export function byVersion(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}
