import { SupportError } from '../base/errors.ts';
import type { Fact } from './fact.ts';

/** A network of the engine. */
export interface NetworkReading {
  readonly name: string;
  readonly driver: string;
  readonly ipv6: boolean;
  /** Without a way out. */
  readonly internal: boolean;
  readonly subnets: readonly string[];
}

export const networks: Fact<readonly NetworkReading[]> = {
  about: "Reading the engine's networks",
  async read({ docker }, signal) {
    const names = await docker.networks(signal);
    const found = await Promise.all(
      names.map(async (name): Promise<NetworkReading | undefined> => {
        try {
          const network = await docker.network(name, signal);
          return {
            name: network.Name,
            driver: network.Driver,
            ipv6: network.EnableIPv6 ?? false,
            internal: network.Internal ?? false,
            subnets: (network.IPAM?.Config ?? []).flatMap(({ Subnet: subnet }) => subnet ?? []),
          };
        } catch (error) {
          // Removed since it was listed, or with a name that is not asked for: not one of IoT Edge's.
          if (error instanceof SupportError && (error.code === 'not-found' || error.code === 'bad-request'))
            return undefined;
          throw error;
        }
      }),
    );
    return found.filter((network) => network !== undefined);
  },
};
