import { HubError } from '../../sim/hub/errors.ts';
import { SECTION_LIMIT, sizeOf } from '../../sim/hub/twin-limits.ts';
import {
  checkEtag,
  etagOf,
  newTwin,
  patchBetween,
  patchDesired,
  patchReported,
  twinForModule,
} from '../../sim/hub/twins.ts';

function codeOf(run: () => unknown): number | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof HubError ? error.code : -1;
  }
}

function nested(levels: number): Record<string, unknown> {
  return levels === 0 ? { value: 1 } : { a: nested(levels - 1) };
}

test('patches merge, null removes, versions count', () => {
  const twin = newTwin();
  expect(patchReported(twin, { a: 1, b: { c: 1, d: 2 }, list: [1, { x: null }] })).toBe(2);
  expect(patchReported(twin, { a: null, b: { c: null, e: 3 }, list: [2], gone: null })).toBe(3);
  expect(twinForModule(twin)).toEqual({
    reported: { b: { d: 2, e: 3 }, list: [2], $version: 3 },
    desired: { $version: 1 },
  });
});

test('nulls in new objects are dropped, and a value gives way to an object', () => {
  const twin = newTwin();
  patchDesired(twin, { a: 1 });
  patchDesired(twin, { a: { b: null, c: { d: null } } });
  expect(twin.desired).toEqual({ a: { c: {} } });
});

test('a refused patch leaves the twin as it was', () => {
  const twin = newTwin();
  patchReported(twin, { a: 1 });
  expect(codeOf(() => patchReported(twin, { a: 2, b: 'x'.repeat(4097) }))).toBe(400004);
  expect(twin).toMatchObject({ reported: { a: 1 }, reportedVersion: 2 });
});

test.each([
  ['a string of 4097 bytes', { a: 'x'.repeat(4097) }],
  ['a key with a dot', { 'a.b': 1 }],
  ['a key with a space', { a: { 'b c': 1 } }],
  ['a key with a dollar', { $a: 1 }],
  ['a key with a control character', { 'a\n': 1 }],
  ['a key over 1 KB', { ['k'.repeat(1025)]: 1 }],
  ['an integer out of range', { a: 4503599627370496 }],
  ['eleven levels', nested(11)],
  ['a list', [1]],
  ['a number', 3],
  ['null', null],
])('%s is refused with 400', (_, patch) => {
  expect(codeOf(() => patchReported(newTwin(), patch))).toBe(400004);
});

test('values at the limits are taken', () => {
  expect(patchReported(newTwin(), { a: 'é'.repeat(2048), b: 4503599627370495, c: nested(9), d: 1.5, e: [true] })).toBe(
    2,
  );
});

test('a section larger than 32 KB is refused with 413, also when patches add up to it', () => {
  const twin = newTwin();
  const part = 'x'.repeat(4095);
  for (let i = 0; i < 8; i += 1) patchReported(twin, { [i]: part });
  expect(sizeOf(twin.reported)).toBe(SECTION_LIMIT);
  expect(codeOf(() => patchReported(twin, { b: true }))).toBe(413001);
  expect(codeOf(() => patchDesired(newTwin(), { a: Array(9).fill(part) }))).toBe(413001);
  patchReported(twin, { 0: null, b: true });
});

test('sizes count keys and values as IoT Hub does', () => {
  expect(sizeOf({ é: 'é', n: 1, b: true, l: ['ab', 1], o: { k: null } })).toBe(
    2 + 2 + 1 + 8 + 1 + 4 + 1 + 2 + 8 + 1 + 1,
  );
});

test('an etag guards the twin and changes with the desired properties', () => {
  const twin = newTwin();
  const etag = etagOf(twin);
  checkEtag(twin, undefined);
  checkEtag(twin, '"*"');
  checkEtag(twin, `"${etag}"`);
  patchReported(twin, { a: 1 });
  checkEtag(twin, etag);
  patchDesired(twin, { a: 1 });
  expect(codeOf(() => checkEtag(twin, `"${etag}"`))).toBe(412001);
});

test('a replacement is told as a patch that removes what is gone', () => {
  expect(patchBetween({ a: 1, b: 2 }, { b: 3, c: 4 })).toEqual({ a: null, b: 3, c: 4 });
});
