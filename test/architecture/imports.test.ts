import { type Import, importsIn, sourcesBelow, textOf } from './sources.ts';

/** The floor plan of ARCHITECTURE.md: a file or folder of module/ imports only from rows below its own. */
const rows: Readonly<Record<string, number>> = {
  'main.ts': 9,
  'probe.ts': 9,
  'health-check.ts': 9,
  'module.ts': 8,
  triggers: 7,
  methods: 6,
  bundle: 5,
  report: 4,
  checks: 3,
  collectors: 3,
  facts: 2,
  logs: 2,
  tasks: 2,
  storage: 2,
  config: 1,
  docker: 1,
  health: 1,
  hub: 1,
  metrics: 1,
  redact: 1,
  base: 0,
};

/** Each foreign package has one place; elsewhere there is our own interface, with only the verbs we use. */
const packages: readonly { readonly name: RegExp; readonly place: RegExp }[] = [
  { name: /^dockerode$/, place: /^module\/docker\// },
  { name: /^(azure-iot-|mqtt-packet$)/, place: /^module\/hub\// },
  { name: /^@azure\//, place: /^module\/storage\// },
  { name: /^archiver$/, place: /^module\/bundle\/archive\.ts$/ },
  { name: /^prom-client$/, place: /^module\/metrics\// },
  { name: /^smol-toml$/, place: /^module\/facts\// },
  { name: /^d3-(scale|shape)$/, place: /^module\/report\/charts\.ts$/ },
  { name: /^re2js$/, place: /^module\/redact\/custom\.ts$/ },
  // The language of schemas: requests and settings are written in it.
  { name: /^zod\/mini$/, place: /^module\/(config|methods)\// },
];

const ours = sourcesBelow('module');
const imports = ours.flatMap((file) => importsIn(file));
const row = (file: string) => rows[place(file)];
/** The entry of the floor plan that a file of module/ belongs to. */
const place = (file: string) => file.split('/')[1] ?? file;
const say = (found: readonly Import[], why: (found: Import) => string) =>
  found.map((one) => `${one.from}:${one.line} imports ${one.specifier}: ${why(one)}`);

test('the floor plan of ARCHITECTURE.md has these rows', () => {
  const plan = /^ {2}([\w-]+(?:\/|\.ts))\s+(\d)\s/gm;
  const told = [...textOf('ARCHITECTURE.md').matchAll(plan)].map(([, name = '', own]) => [
    name.replace('/', ''),
    Number(own),
  ]);
  expect(Object.fromEntries(told)).toEqual(rows);
});

test('every file of module/ has its place in the floor plan', () => {
  expect(ours.filter((file) => row(file) === undefined)).toEqual([]);
});

test('imports within module/ point to lower rows only', () => {
  const upward = imports.filter(
    ({ from, file }) =>
      file?.startsWith('module/') && place(from) !== place(file) && !((row(file) ?? Infinity) < (row(from) ?? 0)),
  );
  const why = ({ from, file = '' }: Import) =>
    `${place(file)} (row ${row(file)}) is not below ${place(from)} (row ${row(from)})`;
  expect(say(upward, why)).toEqual([]);
});

test('no file of module/ imports, through others, itself', () => {
  expect(cycles(ours)).toEqual([]);
});

test('module/ imports nothing of ours from outside', () => {
  const outward = imports.filter(({ file }) => file !== undefined && !file.startsWith('module/'));
  expect(say(outward, () => 'module/ must not know sim/, test/ or cli/')).toEqual([]);
});

test('sim/ imports nothing of module/, so that it stays an independent witness', () => {
  const found = sourcesBelow('sim').flatMap((file) => importsIn(file));
  expect(
    say(
      found.filter(({ file }) => file?.startsWith('module/')),
      () => 'sim/ shares no code with it',
    ),
  ).toEqual([]);
});

test('each foreign package is imported in its one place', () => {
  const foreign = imports.filter(({ file, specifier }) => file === undefined && !specifier.startsWith('node:'));
  const misplaced = foreign.filter(
    ({ from, specifier }) => !packages.some(({ name, place }) => name.test(specifier) && place.test(from)),
  );
  const why = ({ specifier }: Import) =>
    `${packages.find(({ name }) => name.test(specifier))?.place ?? 'no place'} is where it belongs`;
  expect(say(misplaced, why)).toEqual([]);
});

test('only the programs touch the process', () => {
  const touch = /\bprocess\.(env|argv|exit|exitCode|abort|kill|on|once|stdin|stdout|stderr|chdir|emitWarning)\b/;
  const found = ours
    .filter((file) => !/^module\/(main|probe|health-check)\.ts$/.test(file))
    .flatMap((file) =>
      textOf(file)
        .split('\n')
        .map((text, index) => ({ text, at: `${file}:${index + 1}` })),
    )
    .filter(({ text }) => touch.test(text) || /from 'node:process'/.test(text));
  expect(found.map(({ at, text }) => `${at}: ${text.trim()}`)).toEqual([]);
});

test('the reader of imports sees every form', () => {
  const text = [
    "import a, { type B } from './a.ts';",
    'import {\n  c,\n  d,\n} from "../d.ts";',
    "import type { E } from 'e';",
    "export * from './f.ts';",
    "export type { G } from './g.ts';",
    "import './h.ts';",
    "const i = await import('./i.ts');",
    "type J = import('./j.ts').J;",
    "export const k = 'from';",
    "// import './comment.ts'",
  ].join('\n');
  const seen = importsIn('module/x/y.ts', text);
  expect(seen.map(({ specifier, line }) => `${line} ${specifier}`)).toEqual([
    '1 ./a.ts',
    '2 ../d.ts',
    '6 e',
    '7 ./f.ts',
    '8 ./g.ts',
    '9 ./h.ts',
    '10 ./i.ts',
    '11 ./j.ts',
  ]);
  expect(seen[1]?.file).toBe('module/d.ts');
});

/** Chains of files that import each other in a circle, each once, as `a → b → a`. Type-only imports count. */
function cycles(files: readonly string[]): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start !== -1) found.add([...path.slice(start), file].join(' → '));
    if (start !== -1 || done.has(file)) return;
    for (const { from, file: next } of imports) {
      if (from === file && next !== undefined) visit(next, [...path, file]);
    }
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return [...found];
}
