import type { EdgeContainer } from '../facts/edge-containers.ts';

/**
 * Of the engine's drivers only json-file lets a log on the device's disk grow without limit: local rotates by itself,
 * journald has its own limits, and the others send the log away. With max-size alone json-file keeps one file.
 */
export function isBounded({ driver, maxSize }: EdgeContainer['log']): boolean {
  return driver !== 'json-file' || (maxSize !== undefined && !/^-/.test(maxSize));
}
