import { SupportError } from '../base/errors.ts';
import type { HubListener, InputMessage, InputsState } from './hub.ts';

/** Who hears what comes to this module's inputs. */
export type TapListener = Pick<HubListener, 'onInput' | 'onInputs'>;

/** The messages that routes of edgeHub bring to this module, for those who want to see them. */
export interface Taps {
  state(): InputsState;
  /**
   * Hears every message from now on, and how the connection for them fares, until the returned function is called.
   * SupportError busy when too many listen already.
   */
  open(listener: TapListener): () => void;
}

/** Each that listens holds a sample in memory. */
const mostListeners = 5;

/**
 * Messages go to whoever listens, and nowhere else: they are taken all the same, since what a module does not take stays in
 * edgeHub's store.
 */
export function createTaps(): Taps & TapListener {
  const listeners = new Set<TapListener>();
  let current: InputsState = { open: false, why: 'there is no connection yet' };
  return {
    state: () => current,
    open(listener) {
      if (listeners.size >= mostListeners)
        throw new SupportError('busy', `${listeners.size} captures are running; wait for one to end or cancel one.`);
      // The same one may listen twice.
      const own = { onInput: listener.onInput, onInputs: listener.onInputs };
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    onInput(message: InputMessage) {
      for (const listener of listeners) listener.onInput(message);
    },
    onInputs(state) {
      current = state;
      for (const listener of listeners) listener.onInputs(state);
    },
  };
}
