import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { resolveConfig } from '../../module/config/config.ts';
import { type Setting, type SettingName, settings } from '../../module/config/settings.ts';

/*
 * docs/twin.schema.json is made of the schemas by which the settings are read. UPDATE_DOCS=1 writes it.
 */

const file = join(import.meta.dirname, '../../docs/twin.schema.json');

interface Schema {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
  [more: string]: unknown;
}

const object = (): Schema & { properties: Record<string, Schema> } => ({
  type: 'object',
  properties: {},
  additionalProperties: false,
});

/** What one setting may be in the twin: as people write it, so without what is only taken for another form of it. */
function valueSchema({ schema, fallback, about, secret, strictest, env }: Setting): Schema {
  const { $schema: _, ...own } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Schema;
  // All numbers of settings are whole ones; durations may have a unit.
  const number: Schema = own.type === 'number' ? { ...own, type: 'integer' } : own;
  const isDuration = schema.safeParse('1 d').success && own.type === 'number';
  const unit = { type: 'string', pattern: '^\\s*[0-9]{1,9}\\s*([smhdSMHD][A-Za-z]*)?\\s*$' };
  const notes = [
    secret ? `A secret: set it by ${env} or ${env}_FILE instead.` : '',
    strictest ? 'Of this and the environment the stricter holds.' : '',
  ].filter(Boolean);
  return {
    description: [about, ...notes].join(' '),
    default: fallback,
    ...(isDuration ? { anyOf: [number, unit] } : number),
    ...(secret ? { writeOnly: true } : {}),
  };
}

function twinSchema(): Schema {
  const schema = object();
  for (const setting of Object.values<Setting>(settings)) {
    const path = setting.twin?.split('.') ?? [];
    let parent = schema;
    for (const name of path.slice(0, -1)) {
      const inner = (parent.properties[name] ?? object()) as typeof schema;
      parent.properties[name] = inner;
      parent = inner;
    }
    const name = path.at(-1);
    if (name !== undefined) parent.properties[name] = valueSchema(setting);
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Desired properties of the module twin of edge-support',
    description:
      'Made of module/config/settings.ts by the tests. All may be left out; see settings.md for what holds then.',
    ...schema,
  };
}

test('docs/twin.schema.json has every setting of the twin as the code has it', () => {
  const wanted = `${JSON.stringify(twinSchema(), null, 2)}\n`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, wanted);
  else expect(readFileSync(file, 'utf8')).toBe(wanted);
});

const desired = (path: string, value: unknown): Record<string, unknown> =>
  path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Record<string, unknown>;

describe('what the schema says is what the module does', () => {
  const takes = new Ajv2020({ allErrors: true, strict: true }).compile(twinSchema());
  const ofTwin = Object.values<Setting>(settings).flatMap(({ twin, ...more }) => (twin ? [{ ...more, twin }] : []));

  test('its own defaults and an empty twin pass', () => {
    expect(takes({})).toBe(true);
    for (const { twin, fallback } of ofTwin) expect([twin, takes(desired(twin, fallback))]).toEqual([twin, true]);
  });

  const values = [-1, 0, 1, 2, 10, 290, 291, 1e6, 1e7 + 1, 1e9, 1.5, '', 'x', 'a=b', '30 min', '7d', '99999 d'];
  const others = [
    true,
    false,
    null,
    [],
    ['x'],
    ['a=b'],
    ['Ping=5'],
    [1],
    {},
    'known',
    'strict',
    'debug',
    'mqttws',
    'mqtt5',
  ];
  test.each(ofTwin.map(({ twin }) => [twin]))('%s: what it takes the module does not refuse', (twin) => {
    for (const value of [...values, ...others]) {
      const refused = Object.keys(resolveConfig({}, desired(twin, value)).refused).length > 0;
      // Bounds of durations with a unit are more than it says.
      const finer = typeof value === 'string';
      if (takes(desired(twin, value)) && !finer) expect([twin, value, refused]).toEqual([twin, value, false]);
      // The other way round the module takes more: numbers as text, one for a list of one.
      if (refused && !finer) expect([twin, value, takes(desired(twin, value))]).toEqual([twin, value, false]);
    }
  });

  // Values near to what is taken, and any others.
  const anything = fc.oneof(
    fc.constantFrom<unknown>(...values, ...others),
    fc.integer(),
    fc.integer({ min: 0, max: 100_000 }).map((number) => `Ping=${number}`),
    fc
      .tuple(fc.integer({ min: 0, max: 999_999 }), fc.constantFrom('', 's', ' min', 'h', ' days', 'y'))
      .map((two) => two.join('')),
    fc.stringMatching(/^[\w.-]{0,50}=?.?\s?$/),
    fc.array(fc.stringMatching(/^(\*|\w{0,70})=\d{0,7}\s?$/), { maxLength: 3 }),
    fc.constantFrom('TRUE', ' false ', 'Debug', 'STRICT', '3', '+7', 1.5, -0.5, ['*', ' a ']),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const settingsOfTwin = (Object.keys(settings) as SettingName[]).filter((name) => (settings[name] as Setting).twin);

  test('any value: what it takes is not refused, and what the module makes of what it does not refuse it takes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...settingsOfTwin), anything, (name, value) => {
        const setting = settings[name] as Setting;
        const twin = desired(setting.twin ?? '', value);
        const { values: understood, refused } = resolveConfig({}, twin);
        const isRefused = Object.keys(refused).length > 0;
        const withUnit = typeof value === 'string' && setting.schema.safeParse('1 d').success;
        if (takes(twin) && !withUnit) expect(refused).toEqual({});
        if (!isRefused) expect(takes(desired(setting.twin ?? '', understood[name]))).toBe(true);
        // Whatever came, one sentence names the place.
        for (const [place, sentence] of Object.entries(refused)) {
          expect(place).toBe(setting.twin);
          expect(sentence).toMatch(/^[\w.]+[[ ][\s\S]*\.$/);
          expect(sentence.startsWith(place)).toBe(true);
          expect(sentence.length).toBeLessThan(300);
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('any names: what it takes has no name that the module does not know', () => {
    const names = ofTwin.flatMap(({ twin }) => twin.split('.'));
    const name = fc.oneof(
      fc.constantFrom(...names),
      fc.constantFrom(...names).map((one) => one.toUpperCase()),
      fc.stringMatching(/^\w{1,8}$/),
    );
    fc.assert(
      fc.property(fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.boolean()), ([path, value]) => {
        const twin = desired(path.join('.'), value);
        const { refused } = resolveConfig({}, twin);
        if (takes(twin)) expect(refused).toEqual({});
        const hasUnknown = takes.errors?.some(({ keyword }) => keyword === 'additionalProperties') ?? false;
        if (hasUnknown) expect(Object.values(refused).join()).toContain(' is no setting; ');
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    [{ methodTimeoutSecs: 0 }],
    [{ channel: { probeEvery: '3 minutes?' } }],
    [{ logLevel: 'loud' }],
    [{ policy: { allowedMethod: ['Ping'] } }],
    [{ policy: 'none' }],
    [{ hostAccess: false }],
  ])('%j is refused', (twin) => {
    expect(takes(twin)).toBe(false);
  });
});
