import { generateManifest } from '../../../scripts/manifest/generate.ts';
import { checkBySchema } from '../../../scripts/manifest/public-schema.ts';
import { agent, at, type Json, read, refusal, sources, template } from './support/manifests.ts';

describe('what is wrong is told in one sentence', () => {
  const module = 'modulesContent.$edgeAgent.properties.desired.modules.edgeSupport';
  const mod = [...agent, 'modules', 'edgeSupport'];
  const hub = ['modulesContent', '$edgeHub', 'properties.desired'];
  const manyModules = Object.fromEntries(
    Array.from({ length: 51 }, (_, at) => [
      `m${at}`,
      { type: 'docker', status: 'running', restartPolicy: 'always', settings: { image: 'i' } },
    ]),
  );
  /** So many objects within the outermost one. */
  const nested = (levels: number): object => (levels === 0 ? { b: 1 } : { a: nested(levels - 1) });
  const options = /createOptions must, put together, be the text of a JSON object\.$/;
  // Where, what stands there instead (undefined: nothing), what is said.
  test.each<[string[], unknown, string | RegExp]>([
    [
      [...mod, 'restartPolicy'],
      'often',
      `${module}.restartPolicy must be one of never, on-failure, on-unhealthy, always.`,
    ],
    [[...mod, 'status'], 'paused', `${module}.status must be one of running, stopped.`],
    [[...mod, 'type'], 'process', `${module}.type must be one of docker.`],
    [[...mod, 'startupOrder'], 1.5, `${module}.startupOrder must be an integer from 0 to 4294967295.`],
    [[...mod, 'imagePullPolicy'], 'always', `${module}.imagePullPolicy must be one of never, on-create.`],
    [[...mod, 'privileged'], true, /edgeSupport has privileged, which is not known there; known are version, /],
    [[...mod, 'settings', 'image'], undefined, `${module}.settings.image must be a string.`],
    [[...mod, 'settings', 'image'], '/edge-support:1', `${module}.settings.image must be the name of an image.`],
    [
      [...mod, 'settings', 'image'],
      '$edgeHub:443/edge-support:1',
      `${module}.settings.image must be the name of an image.`,
    ],
    [
      [...mod, 'settings', 'image'],
      '$upstream/edge-support:1',
      `${module}.settings.image must be the name of an image.`,
    ],
    [[...mod, 'settings', 'image'], 'https://r.example/a:1', `${module}.settings.image must be the name of an image.`],
    [[...mod, 'settings', 'image'], 'r.example//a:1', `${module}.settings.image must be the name of an image.`],
    [[...mod, 'settings', 'image'], 'r.example/A:1', `${module}.settings.image must be the name of an image.`],
    [[...mod, 'settings', 'auth'], '', `${module}.settings.auth is no setting of a module.`],
    [[...mod, 'settings', 'createOptions'], '[]', options],
    [[...mod, 'settings', 'createOptions'], '{', options],
    [[...mod, 'env'], { A: 'b' }, `${module}.env.A must be a JSON object.`],
    [[...mod, 'env'], { A: { value: [] } }, `${module}.env.A.value must be a string, a number or a boolean.`],
    [[...mod, 'env'], { 'A.B': { value: '' } }, `${module}.env.A.B is not allowed as a name.`],
    [[...agent, 'modules', 'a b'], {}, /modules\.a b is not allowed as a name\.$/],
    [[...agent, 'modules'], manyModules, /modules may have at most 50 modules\.$/],
    [[...agent, 'systemModules', 'edgeHub'], undefined, /systemModules\.edgeHub must be a JSON object\.$/],
    [['modulesContent', '$edgeAgent'], undefined, 'modulesContent.$edgeAgent must be a JSON object.'],
    [[...hub, 'routes', 'up'], 5, /routes\.up must be a route, or an object/],
    [
      [...hub, 'routes', 'up'],
      { route: 'FROM /* INTO $upstream', priority: 10 },
      /up\.priority must be an integer from 0 to 9\.$/,
    ],
    [[...hub, 'storeAndForwardConfiguration', 'timeToLiveSecs'], '7200', /timeToLiveSecs must be an integer from 0/],
    [['modulesContent', 'edgeSupport'], { desired: {} }, /^modulesContent\.edgeSupport/],
    [
      ['modulesContent', 'edgeSupport', 'properties.desired'],
      Object.fromEntries([...'abcdefghi'].map((name) => [name, 'x'.repeat(4000)])),
      'modulesContent.edgeSupport has 36009 bytes; IoT Hub takes at most 32768 of desired properties.',
    ],
    [
      ['modulesContent', 'edgeSupport', 'properties.desired'],
      { redactionRules: ['ok', 'é'.repeat(2049)] },
      'modulesContent.edgeSupport.properties.desired.redactionRules[1] has 4098 bytes; IoT Hub takes at most 4096 of one text.',
    ],
    [
      ['modulesContent', 'edgeSupport', 'properties.desired'],
      nested(11),
      /^modulesContent\.edgeSupport\.properties\.desired(\.a){11} is deeper than the 10 levels that IoT Hub takes\.$/,
    ],
    [
      ['modulesContent', 'edgeSupport', 'properties.desired'],
      { policy: { 'host.access': true } },
      /desired\.policy\.host\.access is not allowed as a name: IoT Hub takes no dots, blanks and \$ there\.$/,
    ],
    [['content'], {}, 'The manifest has content, which is not known there; known are modulesContent.'],
  ])('%j: %j', (path, value, sentence) => {
    const spoilt = template();
    at(spoilt, ...path.slice(0, -1))[path.at(-1) ?? ''] = value;
    const told = refusal(() => generateManifest(JSON.parse(JSON.stringify(spoilt)), sources));
    if (typeof sentence === 'string') expect(told).toBe(sentence);
    else expect(told).toMatch(sentence);
    expect(told).not.toContain('hunter2');
  });

  test.each([
    '$upstream:443/azureiotedge-agent:1.6',
    'mcr.microsoft.com/azureiotedge-agent:1.6',
    'localhost:5000/a/b__c--d.e',
    '[::1]:5000/a',
    'Registry/edge-support:0.1.0-amd64.debug',
    `r.example/a@sha256:${'0'.repeat(64)}`,
    'busybox',
  ])('%s is an image', (image) => {
    const usual = template();
    at(usual, ...mod, 'settings')['image'] = image;
    expect(at(generateManifest(usual, sources), ...mod, 'settings')['image']).toBe(image);
  });

  test('the size is that which IoT Hub counts: of names and values, not of quotes and escapes', () => {
    const usual = template();
    // In the manifest's text each of these has some 4 KB.
    const options = JSON.stringify({
      Labels: Object.fromEntries(Array.from({ length: 270 }, (_, at) => [`l${at}`, ''])),
    });
    const modules = Object.fromEntries(
      Array.from({ length: 10 }, (_, at) => [
        `m${at}`,
        {
          type: 'docker',
          status: 'running',
          restartPolicy: 'always',
          settings: { image: 'i', createOptions: options },
        },
      ]),
    );
    at(usual, ...agent)['modules'] = modules;
    const made = generateManifest(usual, sources);
    expect(JSON.stringify(at(made, ...agent)).length).toBeGreaterThan(34_000);
    at(usual, ...agent)['modules'] = { ...modules, more: modules['m0'], most: modules['m1'] };
    expect(refusal(() => generateManifest(usual, sources))).toMatch(
      /^modulesContent\.\$edgeAgent has 3\d{4} bytes; IoT Hub/,
    );
  });

  test('ten levels of objects are the most', () => {
    const usual = template();
    at(usual, 'modulesContent', 'edgeSupport')['properties.desired'] = nested(10) as Json;
    expect(() => generateManifest(usual, sources)).not.toThrow();
  });

  test.each<[string, unknown, RegExp]>([
    [
      'properties.desired.modules.a',
      {},
      /^modulesContent\.\$edgeAgent\.properties\.desired\.modules\.a\.type must be one of docker/,
    ],
    ['properties.desired.module.a', {}, /has no place in a layered deployment\.$/],
    ['properties.desired', {}, /has no place in a layered deployment\.$/],
  ])('of a layered deployment: %s', (path, value, sentence) => {
    const layered = read('deployment.layered.template.json');
    at(layered, 'modulesContent', '$edgeAgent')[path] = value;
    expect(refusal(() => generateManifest(layered, sources))).toMatch(sentence);
  });

  test('a layered deployment of settings alone, by path or whole, is one', () => {
    for (const twin of [{ 'properties.desired.logLevel': 'debug' }, { 'properties.desired': { logLevel: 'debug' } }]) {
      const modulesContent = { edgeSupport: twin };
      expect(generateManifest({ modulesContent }, sources)).toEqual({ modulesContent });
    }
    expect(refusal(() => generateManifest({ modulesContent: { edgeSupport: { desired: {} } } }, sources))).toBe(
      'modulesContent.edgeSupport.desired has no place in a layered deployment.',
    );
  });

  test.each([[null], [[]], ['text'], [{}], [{ modulesContent: [] }], [{ modulesContent: {} }]])(
    '%j is no template',
    (value) => {
      expect(refusal(() => generateManifest(value, sources))).toMatch(/^\S.* must be a JSON object\.$/);
    },
  );

  test('a schema of draft 04 has its say', () => {
    const schema = { $schema: 'http://json-schema.org/draft-04/schema#', properties: { a: { type: 'integer' } } };
    expect(() => checkBySchema(schema, { a: 1 })).not.toThrow();
    expect(refusal(() => checkBySchema(schema, { a: 'x' }))).toBe('a must be integer.');
  });
});
