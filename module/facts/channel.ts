import { messageOf } from '../base/errors.ts';
import type { ChannelProof } from '../hub/hub.ts';
import { type Fact, Unavailable } from './fact.ts';

/** A round trip over the module's own connection, or why there was none. */
export type ChannelReading = ChannelProof | { readonly problem: string };

export const channel: Fact<ChannelReading> = {
  about: "Making a round trip over the module's own connection",
  async read({ own }, signal) {
    if (!own) throw new Unavailable('not-supported', 'Only the module itself has a connection to try.');
    try {
      return await own.proveChannel();
    } catch (error) {
      signal.throwIfAborted();
      return { problem: messageOf(error) };
    }
  },
};
