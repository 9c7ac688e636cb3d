import { type Fact, type StorageTrial, Unavailable } from './fact.ts';

/** Whether the Blob Storage target of the settings works; without `trial` none is set. */
export interface StorageTargetReading {
  readonly trial?: StorageTrial;
}

export const storageTarget: Fact<StorageTargetReading> = {
  about: 'Trying the Blob Storage target',
  async read({ own }, signal, limitMs) {
    if (!own) throw new Unavailable('not-supported', 'Only the module itself knows the Blob Storage target.');
    const trial = await own.tryStorage(limitMs * 0.8, signal);
    return trial ? { trial } : {};
  },
};
