import { SupportError } from '../base/errors.ts';
import type { Docker } from './docker.ts';

/** An engine at which every call is refused as `unavailable`, in these words. */
export function noEngine(why: string): Docker {
  const unreachable = async (): Promise<never> => {
    throw new SupportError('unavailable', why);
  };
  return {
    address: 'none',
    version: unreachable,
    info: unreachable,
    modules: unreachable,
    inspect: unreachable,
    logs: unreachable,
    events: unreachable,
    follow: () => {
      throw new SupportError('unavailable', why);
    },
    stats: unreachable,
    report: unreachable,
    rawStats: unreachable,
    imageId: unreachable,
    restart: unreachable,
    stop: unreachable,
    remove: unreachable,
    networkList: unreachable,
    networks: unreachable,
    network: unreachable,
    distribution: unreachable,
    helper: unreachable,
    helperStream: () => {
      throw new SupportError('unavailable', why);
    },
    removeHelpers: unreachable,
  };
}
