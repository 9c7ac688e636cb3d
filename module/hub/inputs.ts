import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { sleep } from '../base/time.ts';
import type { Client } from './client.ts';
import type { HubListener } from './hub.ts';
import { backoffMs, type ChannelLimits } from './limits.ts';

/** The module's subscription to its inputs, over any number of connections. */
export interface Inputs {
  /**
   * Subscribes for as long as the connection lasts. It runs beside everything else that the connection is for, and never
   * rejects.
   */
  keep(client: Pick<Client, 'openInputs' | 'over'>): Promise<void>;
  /** A connection over which no messages can come. */
  none(why: string): void;
}

export interface InputsParts {
  readonly listener: Pick<HubListener, 'onInputs'>;
  readonly limits: Pick<ChannelLimits, 'backoffMinMs' | 'backoffMaxMs'>;
  readonly log: Log;
}

/**
 * Methods and the twin matter more: a subscription that fails is tried again after a pause that grows, also when the hub
 * answers it by ending the connection, so that each further connection lives longer before it is tried.
 */
export function createInputs({ listener, limits, log }: InputsParts): Inputs {
  let failures = 0;

  async function subscribe({ openInputs, over }: Pick<Client, 'openInputs' | 'over'>): Promise<void> {
    for (;;) {
      if (failures > 0) await sleep(backoffMs(failures, limits.backoffMinMs, limits.backoffMaxMs), over);
      try {
        await openInputs();
        failures = 0;
        return;
      } catch (error) {
        failures += 1;
        over.throwIfAborted();
        const why = `edgeHub did not take the subscription to this module's inputs: ${messageOf(error)}`;
        log[failures === 1 ? 'warning' : 'debug'](why);
        listener.onInputs({ open: false, why });
      }
    }
  }

  return {
    async keep(client) {
      const { over } = client;
      const ended = () =>
        listener.onInputs({ open: false, why: `the connection to edgeHub ended: ${messageOf(over.reason)}` });
      if (over.aborted) return ended();
      over.addEventListener('abort', ended, { once: true });
      listener.onInputs({ open: false, why: 'the connection to edgeHub has just been made' });
      const subscribed = await subscribe(client).then(
        () => true,
        () => false,
      );
      if (subscribed && !over.aborted) listener.onInputs({ open: true });
    },
    none: (why) => listener.onInputs({ open: false, why }),
  };
}
