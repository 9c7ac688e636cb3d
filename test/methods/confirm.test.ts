import { createConfirmations } from '../../module/methods/confirm.ts';

const unknown =
  /^confirm: this token stands for nothing that a dry run of PruneEngine has shown in the last 10 minutes/;
const confirmations = () => createConfirmations(() => new Date('2026-01-01T00:00:00Z'));

test('a token stands for what was shown, once, for its method', () => {
  const own = confirmations();
  const { confirm, expiresAt } = own.offer('PruneEngine', ['a']);
  expect(expiresAt).toBe('2026-01-01T00:10:00.000Z');
  expect(() => own.take('RecreateModules', confirm)).toThrow(/a dry run of RecreateModules/);
  expect(own.take('PruneEngine', confirm)).toEqual(['a']);
  expect(() => own.take('PruneEngine', confirm)).toThrow(unknown);
  expect(() => own.take('PruneEngine', '')).toThrow(unknown);
});

test('it is good for ten minutes, whatever the clock says', () => {
  let elapsed = 0;
  const own = createConfirmations(
    () => new Date(),
    () => elapsed,
  );
  const [early, late] = [own.offer('PruneEngine', 1).confirm, own.offer('PruneEngine', 2).confirm];
  elapsed = 599_000;
  expect(own.take('PruneEngine', early)).toBe(1);
  elapsed = 601_000;
  expect(() => own.take('PruneEngine', late)).toThrow(unknown);
});

test('only the newest fifty are kept', () => {
  const own = confirmations();
  const tokens = Array.from({ length: 51 }, (_, at) => own.offer('PruneEngine', at).confirm);
  expect(() => own.take('PruneEngine', tokens[0] ?? '')).toThrow(unknown);
  expect(own.take('PruneEngine', tokens[1] ?? '')).toBe(1);
});
