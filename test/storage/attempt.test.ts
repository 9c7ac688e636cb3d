import { silentServer } from '../facts/support/servers.ts';
import { folders, sharedBlob, storageOf } from './support/archive.ts';

const azurite = sharedBlob();
const newFolder = folders();
const soon = () => AbortSignal.timeout(20_000);

/** Tries the target that the twin says. */
async function attempt(desired: Readonly<Record<string, unknown>>, limitMs = 10_000) {
  const storage = storageOf({ folder: await newFolder(), desired: { storage: desired } });
  return storage.attempt(limitMs, soon());
}

test('a target that takes uploads; no blob comes of it', async () => {
  const { blob } = azurite;
  const expiresOn = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
  expect(await attempt({ sasUrl: blob.containerSasUrl({ expiresOn }) })).toEqual({
    from: 'storage.sasUrl',
    host: new URL(blob.containerUrl).host,
    expiresAt: expiresOn.getTime(),
  });
  expect(await azurite.blobsOf('.edge-support-check')).toEqual([]);
});

test('no target at all', async () => {
  expect(await attempt({})).toBeUndefined();
});

test('one that is wrong in itself is not even asked', async () => {
  const { blob } = azurite;
  const before = blob.requests.length;
  const expired = blob.containerSasUrl({ expiresOn: new Date(Date.now() - 60_000) });
  expect(await attempt({ sasUrl: expired })).toEqual({
    from: 'storage',
    problem: expect.stringMatching(/^storage\.sasUrl expired at /),
  });
  expect(blob.requests.length).toBe(before);
});

test('one that storage refuses says why, without the signature', async () => {
  const sasUrl = new URL(azurite.blob.containerSasUrl());
  sasUrl.searchParams.set('sig', Buffer.alloc(32, 7).toString('base64'));
  const trial = await attempt({ sasUrl: sasUrl.href });
  expect(trial).toMatchObject({ from: 'storage.sasUrl', problem: expect.stringMatching(/refused the upload \(Auth/) });
  expect(JSON.stringify(trial)).not.toContain('BwcHBwcH');
});

test('one that cannot be reached says so', async () => {
  const sasUrl = `http://127.0.0.1:9/container?sig=c2ln&sp=cw`;
  expect(await attempt({ sasUrl })).toMatchObject({
    problem: expect.stringMatching(/cannot be reached \(ECONNREFUSED\)/),
  });
});

test('one that says nothing is given up in time, and that is a problem of the target', async () => {
  await using silent = await silentServer();
  const sasUrl = `http://127.0.0.1:${silent.port}/container?sig=c2ln&sp=cw`;
  const started = performance.now();
  expect(await attempt({ sasUrl }, 200)).toMatchObject({
    host: `127.0.0.1:${silent.port}`,
    problem: expect.stringMatching(/^Sending to Blob Storage at 127\.0\.0\.1:\d+ did not finish within 200 ms/),
  });
  expect(performance.now() - started).toBeLessThan(2000);
});
