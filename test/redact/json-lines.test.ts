import { randomInt } from 'node:crypto';
import { createRedactor, type Scope } from '../../module/redact/redact.ts';
import { createPlants } from './support/plants.ts';

const known = 'kn"own\\sec\nret1';
const redactor = createRedactor({ key: Buffer.alloc(32, 7), known: () => [known, '87654321'] });
const token = (secret: string) => redactor.token(secret);

async function cleaned(value: unknown, scope: Scope = 'all', account = new Map<string, number>()) {
  const parts: Uint8Array[] = [];
  for await (const part of redactor.jsonText(value, scope, account)) parts.push(part);
  const text = Buffer.concat(parts).toString();
  return { text, json: JSON.parse(text) as unknown, account: Object.fromEntries(account) };
}

test.each([
  ['a value by its name', { password: 'hunter2', user: 'u' }, { password: token('hunter2'), user: 'u' }],
  ['a number by its name', { passcode: 1234567, port: 443 }, { passcode: token('1234567'), port: 443 }],
  ['a number that is known', [87654321], [token('87654321')]],
  ['a quote that is never closed', { text: 'with password="hunter2' }, { text: `with password="${token('hunter2')}` }],
  [
    'a quote within a line of a log',
    { text: 'with password="hunter2" at "x"', line: 7 },
    { text: `with password="${token('hunter2')}" at "x"`, line: 7 },
  ],
  ['an opened quote at the end', ['x token="', 'y'], ['x token="', 'y']],
  ['a known secret with quotes in it', { [known]: [known] }, { [token(known)]: [token(known)] }],
  ['a line of an environment', { text: '  db_password: swordfish' }, { text: `  db_password: ${token('swordfish')}` }],
  ['what is no secret', { a: [], b: {}, c: [null, true, 1e21, ''] }, { a: [], b: {}, c: [null, true, 1e21, ''] }],
])('JSON stays JSON: %s', async (_, value, expected) => {
  expect((await cleaned(value)).json).toEqual(expected);
});

test('a key in PEM whose lines are elements of a list is taken out', async () => {
  const lines = ['-----BEGIN PRIVATE KEY-----', 'MC4CAQAwBQYDK2VwBCIEIFakeFakeFakeFake', '-----END PRIVATE KEY-----'];
  const { text } = await cleaned({ note: lines, after: 'fine' });
  expect(text).not.toContain('FakeFake');
  expect(text).toContain('"after": "fine"');
});

test('what is taken out is counted once', async () => {
  const { account } = await cleaned({ password: 'hunter2', url: 'https://u:hunter3@h/', list: ['x', known] });
  expect(account).toEqual({ 'quoted-value': 1, 'url-password': 1, 'known-secret': 1 });
});

const seed = process.env['REDACT_SEED'] ?? String(randomInt(2 ** 31));

test(`random JSON with secrets in it stays JSON of the same shape, without them (REDACT_SEED=${seed})`, async () => {
  const { next, all } = createPlants(seed);
  const odd = [
    '"',
    '\\',
    '\n',
    '{',
    '}',
    "'",
    ',',
    ':',
    '=',
    ' ',
    'password',
    'token',
    '🙂',
    '[',
    '@',
    '--password',
    known,
  ];
  const noise = () => Array.from({ length: next(8) }, () => odd[next(odd.length)]).join('');
  for (let round = 0; round < 40; round += 1) {
    for (const [what, secret, text] of all()) {
      const value = { name: [noise(), { text: text(secret), [noise()]: next(1e9) }], password: noise(), end: true };
      const { text: after, json } = await cleaned(value);
      const told = [seed, what, JSON.stringify(value)];
      expect([...told, after.includes(secret)]).toEqual([...told, false]);
      expect(json).toMatchObject({ name: [expect.any(String), { text: expect.any(String) }], end: true });
    }
  }
}, 60_000);
