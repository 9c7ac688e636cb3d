import fc from 'fast-check';
import { redactMany, redactTexts } from '../../../module/methods/messages/redact-together.ts';
import { createRedactor } from '../../../module/redact/redact.ts';

const redactor = createRedactor({ key: Buffer.alloc(32), known: () => ['correct-horse-battery'] });
const pem = (end: string) => `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n'.repeat(5)}${end}`;

test('each text is redacted as it is alone, whatever stands beside it', async () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'password=hunter2-hunter2',
      'password=',
      '{"token":"abcdefgh12345"}',
      'a correct-horse-battery b',
      'two\nlines',
      '\x1e',
      pem('-----END PRIVATE KEY-----'),
      'SharedAccessKey=c2VjcmV0LW9mLXRoZS1kZXZpY2UtMTIzNDU2Nzg5MDEyMzQ=',
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
      const alone = texts.map((one) => redactor.text(one.replaceAll('\x1e', ' ')));
      expect(redactTexts(texts, redactor, 'all')).toEqual(alone);
      const wide = texts.map((one) => one.toWellFormed());
      expect(await redactMany(wide, redactor, 'all')).toEqual(
        wide.map((one) => redactor.text(one.replaceAll('\x1e', ' '))),
      );
    }),
    { numRuns: 200 },
  );
});

test('a key without its end takes nothing of what stands behind it', async () => {
  const texts = [pem(''), 'the next message'];
  expect((await redactMany(texts, redactor, 'all'))[1]).toBe('the next message');
  expect(redactTexts(texts, redactor, 'all')[1]).toBe('the next message');
});
