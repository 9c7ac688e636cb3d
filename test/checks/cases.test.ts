import { sourcesBelow, textOf } from '../architecture/sources.ts';

/* The black-box cases of `iotedge check`, F1 to F70: each is named in the title of the test that shows it. */

const last = 70;

test('every case is named in the title of a test', () => {
  const files = sourcesBelow('test').filter((file) => file.endsWith('.test.ts') && !file.endsWith('/cases.test.ts'));
  const titles = files.flatMap((file) => [...textOf(file).matchAll(/['"`\s]F(?<number>\d+): /g)]);
  const named = new Set(titles.map(({ groups }) => Number(groups?.['number'])));
  expect([...named].sort((a, b) => a - b)).toEqual(Array.from({ length: last }, (_, at) => at + 1));
});
