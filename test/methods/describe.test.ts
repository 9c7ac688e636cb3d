import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describeMethod, type MethodDescription } from '../../module/methods/describe.ts';
import { dispatch, methods } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

const own = services({ docker: memoryDocker({}) });
const ask = async (payload?: object) =>
  dispatch({ name: 'Describe', payload: payload && Buffer.from(JSON.stringify(payload)) }, own);

test('every method is told, with an example that its own schema takes', async () => {
  const { status, body } = await ask();
  expect(status).toBe(200);
  const told = (body as { methods: readonly MethodDescription[] }).methods;
  expect(told.map(({ name }) => name)).toEqual(methods.map(({ name }) => name));
  for (const { name, request, example } of methods) {
    expect([name, example]).toEqual([name, expect.any(Object)]);
    if (request) expect([name, request.safeParse(example).success]).toEqual([name, true]);
  }
});

test('examples and defaults are what the schemas that are told say', () => {
  const ajv = new Ajv2020({ strict: false });
  const wrong = methods.flatMap((method) => {
    const { name, payload, example } = describeMethod(method);
    if (!payload) return [];
    const isTaken = ajv.compile(payload as object);
    const bad = isTaken(example) ? [] : [`${name}: ${ajv.errorsText(isTaken.errors)}`];
    const fields = Object.entries(payload.properties ?? {});
    return [
      ...bad,
      ...fields.flatMap(([field, { default: value, ...shape }]) =>
        value === undefined || ajv.validate(shape, value) ? [] : [`${name}.${field}`],
      ),
    ];
  });
  expect(wrong).toEqual([]);
});

test('fields have their type, meaning and default, and what must be given is named', () => {
  const restart = methods.find(({ name }) => name === 'RestartModule');
  expect(restart && describeMethod(restart).payload).toMatchObject({
    type: 'object',
    required: ['schemaVersion', 'id'],
    properties: {
      id: { type: 'string', description: "a module's name" },
      verify: { type: 'boolean', default: true },
      requestId: { type: 'string' },
    },
  });
});

test('every field of every method has a meaning', () => {
  const missing = methods.flatMap((method) =>
    Object.entries(describeMethod(method).payload?.properties ?? {}).flatMap(([field, { description }]) =>
      description === undefined ? [`${method.name}.${field}`] : [],
    ),
  );
  expect(missing).toEqual([]);
});

test('one method is told alone; an unknown one is a 400 with the nearest names', async () => {
  expect(await ask({ method: 'runcheck' })).toMatchObject({ status: 200, body: { methods: [{ name: 'RunCheck' }] } });
  expect(await ask({ method: 'RunChecks' })).toEqual({
    status: 400,
    body: { message: expect.stringMatching(/^method: there is no "RunChecks"; near it: RunCheck,/) },
  });
});

test('docs/methods.md has every method as the code has it', async () => {
  const file = join(import.meta.dirname, '../../docs/methods.md');
  const head =
    '# Methods\n\nEvery direct method, from the schemas that read its payload (`Describe` answers the same). Every payload may carry a\n`requestId`. Made by test/methods/describe.test.ts; UPDATE_DOCS=1 writes it.\n';
  const cell = (value: unknown) => String(value).replaceAll('|', '\\|');
  const text = methods
    .map((method) => {
      const { name, about, payload, example } = describeMethod(method);
      const rows = Object.entries(payload?.properties ?? {})
        .filter(([field]) => field !== 'requestId')
        .map(([field, shape]) => {
          const kind = shape.enum
            ? shape.enum.join(', ')
            : shape.type === 'array'
              ? `list of ${shape.items?.type ?? 'objects'}`
              : [shape.type ?? 'any'].flat().join(' or ');
          const must = payload?.required?.includes(field)
            ? 'must be given'
            : shape.default === undefined
              ? ''
              : `\`${JSON.stringify(shape.default)}\``;
          return `| \`${field}\` | ${cell(kind)} | ${must} | ${cell(shape.description ?? '')} |`;
        });
      const table =
        rows.length === 0
          ? 'It has no fields.'
          : ['| field | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
      const call = `az iot hub invoke-module-method -n HUB -d DEVICE -m edgeSupport --mn ${name} --mp '${JSON.stringify(example)}'`;
      return `## ${name}\n\n${about}\n\n${payload ? table : 'Any payload will do.'}\n\n\`\`\`sh\n${call}\n\`\`\`\n`;
    })
    .join('\n');
  const wanted = `${head}\n${text}`;
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(file, wanted);
  else expect(await readFile(file, 'utf8')).toBe(wanted);
});
