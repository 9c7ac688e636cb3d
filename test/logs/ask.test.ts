import { type LogFilter, readItems, selectModules } from '../../module/logs/logs.ts';

const now = new Date('2026-01-01T00:00:00Z');

test.each<[LogFilter, string]>([
  [{ since: 'yesterday' }, 'invalid parameter: since. Expected in items[1].filter.since a time such as'],
  [{ until: 'P1D' }, 'invalid parameter: until. Expected in items[1].filter.until a time such as'],
  [{ tail: -1 }, 'invalid parameter: tail. Expected 0 or more in items[1].filter.tail, got -1.'],
  [{ regex: '(' }, 'items[1].filter.regex: "(" is not a usable pattern: Unterminated group.'],
])('%j is refused by name', (filter, message) => {
  expect(() => readItems([{ id: 'a' }, { id: 'b', filter }], now)).toThrow(message);
});

test('a blank or unusable id is refused', () => {
  expect(() => readItems([{ id: ' ' }], now)).toThrow('id is null or whitespace.');
  expect(() => readItems([{ id: '(?>a)' }], now)).toThrow('items[0].id: "(?>a)" is not a usable pattern');
});

test('empty strings in a filter mean that nothing is asked', () => {
  const [selector] = readItems([{ id: 'a', filter: { since: '', until: '', regex: '' } }], now);
  expect(selector?.ask).toEqual({ timestamps: false });
});

test('the portal’s own request is understood', () => {
  const filter = { tail: 1500, since: '15m', regex: '' };
  const selected = selectModules(readItems([{ id: '\\bedgeHub\\b', filter }], now), [
    'edgeAgent',
    'edgeHub',
    'edgeHub2',
  ]);
  expect(selected).toMatchObject([{ module: 'edgeHub', ask: { tail: 1500, since: 1_767_224_700, timestamps: false } }]);
});

test('modules keep their order, and "all" leaves none to later items', () => {
  const items = [{ id: 'B', filter: { tail: 1 } }, { id: 'All' }, { id: 'a', filter: { tail: 9 } }];
  const selected = selectModules(readItems(items, now), ['c', 'b', 'a']);
  expect(selected.map(({ module, ask }) => [module, ask.tail])).toEqual([
    ['c', undefined],
    ['b', 1],
    ['a', undefined],
  ]);
});
