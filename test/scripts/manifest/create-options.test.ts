import { joinCreateOptions, splitCreateOptions } from '../../../scripts/manifest/create-options.ts';
import { generateManifest } from '../../../scripts/manifest/generate.ts';
import { at, type Json, ownModule, refusal, sources, template } from './support/manifests.ts';

describe('createOptions', () => {
  const split = (settings: Json) => splitCreateOptions(settings, 'settings');
  /** createOptions whose text is so long. */
  const ofLength = (length: number, fill = 'x') => ({ Hostname: fill.repeat(length - '{"Hostname":""}'.length) });

  test.each([
    [512, ['createOptions']],
    [513, ['createOptions', 'createOptions01']],
    [1024, ['createOptions', 'createOptions01']],
    [
      512 * 11,
      ['createOptions', ...Array.from({ length: 10 }, (_, at) => `createOptions${String(at + 1).padStart(2, '0')}`)],
    ],
  ])('a text of %d characters', (length, names) => {
    const made = split({ image: 'i', createOptions: ofLength(length) });
    expect(Object.keys(made)).toEqual(['image', ...names]);
    expect(JSON.parse(joinCreateOptions(made, ''))).toEqual(ofLength(length));
  });

  test.each([0, 1])('characters of two halves are never parted (shifted by %d)', (shift) => {
    const createOptions = { Hostname: `${'x'.repeat(shift)}${'🛠'.repeat(700)}é` };
    const made = split({ createOptions }) as Record<string, string>;
    for (const piece of Object.values(made)) {
      expect(piece.length).toBeLessThanOrEqual(512);
      expect(piece.isWellFormed()).toBe(true);
    }
    // As it comes through IoT Hub: in UTF-8.
    const sent = JSON.parse(Buffer.from(JSON.stringify(made), 'utf8').toString());
    expect(JSON.parse(joinCreateOptions(sent, ''))).toEqual(createOptions);
  });

  test('100 pieces are the most', () => {
    expect(Object.keys(split({ createOptions: ofLength(51_200) })).at(-1)).toBe('createOptions99');
    expect(refusal(() => split({ createOptions: ofLength(51_201) }))).toBe(
      'settings.createOptions may have at most 51200 characters, but has 51201.',
    );
  });

  test('a text stays as it is, and one in pieces is put together and cut anew', () => {
    expect(split({ createOptions: '{ "User": "1" }' })).toEqual({ createOptions: '{ "User": "1" }' });
    expect(split({ createOptions01: '"1"}', createOptions: '{"User":' })).toEqual({ createOptions: '{"User":"1"}' });
    expect(split({ createOptions: '' })).toEqual({ createOptions: '' });
    expect(split({ image: 'i' })).toEqual({ image: 'i' });
    expect(refusal(() => split({ createOptions: {}, createOptions01: '' }))).toMatch(
      /must be a string where there are/,
    );
    expect(refusal(() => split({ createOptions: 5 }))).toBe('settings.createOptions must be a string.');
    expect(refusal(() => split({ createOptions: '{', createOptions02: '}' }))).toBe(
      'settings.createOptions01 must be a string, since there are 2 pieces.',
    );
  });

  const filled = (pieces: Json) => {
    const usual = template();
    const settings = at(ownModule(usual), 'settings');
    delete settings['createOptions'];
    Object.assign(settings, pieces);
    return joinCreateOptions(
      at(
        ownModule(generateManifest(usual, { ...sources, variables: { ...sources.variables, USER_TEXT: '"7"' } })),
        'settings',
      ),
      '',
    );
  };

  test('what is filled into a text may hold quotes, and a placeholder may lie across two pieces', () => {
    const password = sources.variables.CONTAINER_REGISTRY_PASSWORD;
    expect(JSON.parse(filled({ createOptions: '{"Env":["P=$CONTAINER_REGISTRY_PASSWORD"]}' }))).toEqual({
      Env: [`P=${password}`],
    });
    const [first, second] = ['{"Env":["P=$CONTAINER_REG', 'ISTRY_PASSWORD"]}'];
    expect(JSON.parse(filled({ createOptions: first, createOptions01: second }))).toEqual({ Env: [`P=${password}`] });
  });

  test('a text without placeholders stays as it is, and one that is JSON only when it is filled is filled as text', () => {
    expect(filled({ createOptions: '{ "User": "1" }' })).toBe('{ "User": "1" }');
    expect(filled({ createOptions: '{"Labels": {"a": "$CONTAINER_REGISTRY_USERNAME"}, "User": $USER_TEXT}' })).toBe(
      '{"Labels": {"a": "puller"}, "User": "7"}',
    );
  });
});
