import type { AimedFault } from '../../sim/blob/aim.ts';
import { archive, context, folders, mebibyte, noise, sha256, sharedBlob, storageOf } from './support/archive.ts';

const azurite = sharedBlob();
const newFolder = folders();

const faults: readonly (AimedFault | number)[] = [
  500,
  503,
  429,
  408,
  'reset',
  'half',
  'lost',
  'reset-when-done',
  'unanswered',
];
// Three blocks, two at a time, then the commit.
const requests = [0, 1, 2, 3];

test.each(faults.flatMap((fault) => requests.map((index) => [fault, index] as const)))(
  'with %s at request %i the archive arrives, and one blob only',
  async (fault, index) => {
    const body = noise(2 * mebibyte + 1000);
    const ask = archive(body);
    azurite.next(...Array.from({ length: index }, () => 'pass' as const), fault);
    const before = azurite.blob.requests.length;
    const task = context(azurite.blob.containerSasUrl());
    const stored = await storageOf({ folder: await newFolder() }).deliver(ask, task);
    expect(stored).toMatchObject({ name: ask.name(), durable: true });
    await azurite.expectOne(ask.name(), body);
    expect(azurite.blob.requests.length - before).toBeGreaterThan(requests.length);
  },
);

// Blocks of 4 MiB: three of them, then the commit.
const lossy = [503, 'half', 'lost', 'reset-when-done', 'unanswered'] as const;

test.each(lossy.flatMap((fault) => [0, 3].map((index) => [fault, index] as const)))(
  'without a copy on disk: with %s at request %i the archive arrives, and one blob only',
  async (fault, index) => {
    const body = noise(9 * mebibyte);
    const ask = archive(body);
    azurite.next(...Array.from({ length: index }, () => 'pass' as const), fault);
    const storage = storageOf({ folder: await newFolder(), desired: { storage: { spoolMegabytes: 0 } } });
    const stored = await storage.deliver(ask, context(azurite.blob.containerSasUrl()));
    expect(stored).toMatchObject({ durable: false, bytes: body.length, sha256: sha256(body) });
    await azurite.expectOne(ask.name(), body);
  },
);
