import { createSealer } from '../../module/tasks/seal.ts';

const sealer = (secret: string) => createSealer(async () => Buffer.from(secret));

test('what was sealed opens with the same secret only, and shows nothing', async () => {
  const sealed = await sealer('one').seal('https://a/c?sig=s3cr3t');
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('s3cr3t');
  expect(await sealer('one').open(sealed)).toBe('https://a/c?sig=s3cr3t');
  await expect(sealer('two').open(sealed)).rejects.toMatchObject({ code: 'conflict' });
});

test('the same text is never sealed the same, and a changed byte is noticed', async () => {
  const one = sealer('one');
  const [a, b] = [await one.seal('text'), await one.seal('text')];
  expect(a).not.toBe(b);
  const bytes = Buffer.from(a, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await expect(one.open(bytes.toString('base64'))).rejects.toMatchObject({ code: 'conflict' });
  await expect(one.open('')).rejects.toMatchObject({ code: 'conflict' });
});

test('a secret that cannot be had now is asked for again', async () => {
  let asked = 0;
  const late = createSealer(async () => {
    asked += 1;
    if (asked === 1) throw new Error('not yet');
    return Buffer.from('one');
  });
  await expect(late.seal('text')).rejects.toThrow('not yet');
  expect(await sealer('one').open(await late.seal('text'))).toBe('text');
});
