import { messageOf } from '../base/errors.ts';
import { within } from '../base/time.ts';
import type { EngineVersion } from '../docker/docker.ts';
import type { Fact } from './fact.ts';

/** Whether the engine answers. That it does not is a reading too: the check of the engine is about that. */
export type EngineReading = { readonly address: string } & (
  | { readonly version: EngineVersion }
  /** Why it did not answer. */
  | { readonly error: string }
);

export const engineVersion: Fact<EngineReading> = {
  about: "Asking the container engine's version",
  async read({ docker }, signal, limitMs) {
    const { address } = docker;
    try {
      const ask = within(limitMs * 0.8, `Asking ${address} for its version`, (own) => docker.version(own), signal);
      return { address, version: await ask };
    } catch (error) {
      signal.throwIfAborted();
      return { address, error: messageOf(error) };
    }
  },
};
