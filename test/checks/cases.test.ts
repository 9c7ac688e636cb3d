import { sourcesBelow, textOf } from '../architecture/sources.ts';

/* The black-box cases of `iotedge check`, F1 to F70: each is named in the title of the test that shows it. */

const last = 70;

/** The cases that no test shows yet, and why. Whoever adds one takes it out of here. */
const missing: Readonly<Record<number, string>> = {
  70: 'RestartModule does not refuse such names by itself yet',
};

test('every case is named in the title of a test, but for those that are known to be missing', () => {
  const files = sourcesBelow('test').filter((file) => file.endsWith('.test.ts') && !file.endsWith('/cases.test.ts'));
  const titles = files.flatMap((file) => [...textOf(file).matchAll(/['"`\s]F(?<number>\d+): /g)]);
  const named = new Set(titles.map(({ groups }) => Number(groups?.['number'])));
  const expected = Array.from({ length: last }, (_, at) => at + 1).filter((number) => !(number in missing));
  expect([...named].sort((a, b) => a - b)).toEqual(expected);
});
