import { randomBytes } from 'node:crypto';
import { newTwin, type Twin } from './twins.ts';

/** A module identity with its twin. `key` is base64. */
export interface Identity {
  readonly moduleId: string;
  readonly generationId: string;
  readonly key: string;
  readonly twin: Twin;
}

export interface Registry {
  /** Idempotent. */
  register(moduleId: string): Identity;
  find(moduleId: string): Identity | undefined;
  all(): readonly Identity[];
}

/** The module identities of one device, empty at first. */
export function createRegistry(): Registry {
  const identities = new Map<string, Identity>();
  return {
    register(moduleId) {
      const known = identities.get(moduleId);
      if (known !== undefined) return known;
      // IoT Edge's generation ids are numbers of 18 digits.
      const generationId = `6${randomBytes(8).readBigUInt64BE().toString().padStart(17, '0').slice(0, 17)}`;
      const identity = { moduleId, generationId, key: randomBytes(32).toString('base64'), twin: newTwin() };
      identities.set(moduleId, identity);
      return identity;
    },
    find: (moduleId) => identities.get(moduleId),
    all: () => [...identities.values()],
  };
}
