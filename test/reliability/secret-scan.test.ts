import { gzipSync } from 'node:zlib';
import { findSecrets, unpacked } from '../support/secret-scan.ts';

const secret = 'k3y+with/all=kinds&of%chars==';
const forms = (text: string | Buffer) =>
  findSecrets([{ place: 'here', content: Buffer.from(text) }], { planted: secret }).map(({ form }) => form);

test.each([0, 1, 2, 3, 4, 5])('a secret in base64 is found behind %i other bytes', (count) => {
  const around = Buffer.concat([Buffer.alloc(count, 'x'), Buffer.from(secret), Buffer.from('after')]);
  expect(forms(around.toString('base64'))).toEqual([expect.stringMatching(/^base64/)]);
  expect(forms(around.toString('base64url'))).toEqual([expect.stringMatching(/^base64/)]);
});

test('a secret is found as it is and in every encoding', () => {
  expect(forms(`before ${secret} after`)).toEqual(['raw']);
  expect(forms(`sig=${encodeURIComponent(secret)}&`)).toEqual(['url-encoded']);
  expect(forms(Buffer.from(`x${secret}`).toString('hex'))).toEqual(['hex']);
  expect(forms(Buffer.from(secret, 'utf16le'))).toEqual(['utf-16']);
  // As a URL is kept in a sealed text that is not sealed.
  expect(forms(Buffer.from(`xy?sig=${encodeURIComponent(secret)}&se=1`).toString('base64'))).toEqual([
    'url-encoded in base64',
  ]);
  expect(forms('nothing of it')).toEqual([]);
});

test('a secret is found in a gzip, and a broken one is searched as it is', async () => {
  const content = gzipSync(`log ${secret}`);
  const all = await unpacked([
    { place: 'whole.gz', content },
    { place: 'half.gz', content: content.subarray(0, 20) },
    { place: 'empty', content: Buffer.alloc(0) },
  ]);
  expect(findSecrets(all, { planted: secret }).map(({ place }) => place)).toEqual(['whole.gz (gunzip)']);
  expect(all).toHaveLength(4);
});
