// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such placeholders are what is tested
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillPlaceholders } from '../../../scripts/manifest/placeholders.ts';
import { refusal, sources } from './support/manifests.ts';

describe('placeholders', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifest-'));
    mkdirSync(join(folder, 'modules/filter'), { recursive: true });
    const image = {
      repository: '$CONTAINER_REGISTRY_SERVER/Filter',
      tag: { version: '1.2.3', platforms: { amd64: './a', 'amd64.debug': './b', arm64v8: './c' } },
    };
    writeFileSync(join(folder, 'modules/filter/module.json'), JSON.stringify({ image }));
    writeFileSync(join(folder, 'modules/module.json'), '{"image": ');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const fill = (value: unknown) => fillPlaceholders(value, { ...sources, folder });

  test.each([
    ['${MODULES.filter}', 'registry.example:5000/filter:1.2.3-amd64'],
    ['${MODULES.filter.arm64v8}', 'registry.example:5000/filter:1.2.3-arm64v8'],
    ['${MODULES.filter.debug}', 'registry.example:5000/filter:1.2.3-amd64.debug'],
    ['${MODULES.filter.amd64.debug}', 'registry.example:5000/filter:1.2.3-amd64.debug'],
    ['${MODULEDIR<./modules/filter>}', 'registry.example:5000/filter:1.2.3-amd64'],
    ['${MODULEDIR<modules/filter>.arm64v8}', 'registry.example:5000/filter:1.2.3-arm64v8'],
    ['$CONTAINER_REGISTRY_USERNAME@${CONTAINER_REGISTRY_SERVER}', 'puller@Registry.example:5000'],
    ['FROM /messages/* WHERE NOT IS_DEFINED($connectionModuleId) INTO $upstream', undefined],
    ['$edgeHub and $edgeAgent', undefined],
    ['costs 5 $', undefined],
  ])('%s', (text, filled = text) => {
    expect(fill(text)).toBe(filled);
  });

  test('names are filled as values are, and what came is not filled again', () => {
    expect(fill({ $CONTAINER_REGISTRY_USERNAME: ['$CONTAINER_REGISTRY_PASSWORD', 1, null, true] })).toEqual({
      puller: ['hunter2"\\$HOME', 1, null, true],
    });
  });

  test.each([
    [{ a: { b: '$NOT_SET' } }, 'a.b needs NOT_SET, which is neither in .env nor in the environment.'],
    [{ a: ['${not_set}'] }, 'a[0] needs not_set, which is neither in .env nor in the environment.'],
    [{ a: '${MODULES.}' }, 'a has ${MODULES.}, which is no placeholder.'],
    [{ a: '${OPEN' }, 'a has ${OPEN, which is no placeholder.'],
    [
      { a: '${MODULES.filter.s390x}' },
      /^a asks for the platform s390x, which .*filter\/module\.json has not; it has amd64, amd64\.debug, arm64v8\.$/,
    ],
    [{ a: '${MODULES.other}' }, /^a takes its image from .*modules\/other\/module\.json, which is not there\.$/],
    [{ a: '${MODULEDIR<modules>}' }, /^a takes its image from .*modules\/module\.json, which is no JSON/],
  ])('%j is refused', (value, sentence) => {
    const told = refusal(() => fill(value));
    if (typeof sentence === 'string') expect(told).toBe(sentence);
    else expect(told).toMatch(sentence);
  });
});
