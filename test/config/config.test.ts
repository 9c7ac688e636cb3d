import { resolveConfig } from '../../module/config/config.ts';

test('defaults hold where nothing is set', () => {
  const { values, refused } = resolveConfig({}, {});
  expect(values.methodTimeoutSecs).toBe(20);
  expect(values.allowedMethods).toEqual(['*']);
  expect(refused).toEqual({});
});

test('twin goes before environment, environment before default', () => {
  const env = { EDGE_SUPPORT_METHOD_TIMEOUT_SECS: '30', RuntimeLogLevel: 'Debug' };
  const { values } = resolveConfig(env, { methodTimeoutSecs: 40 });
  expect(values.methodTimeoutSecs).toBe(40);
  expect(values.logLevel).toBe('debug');
});

test('a bad value is refused alone, with a sentence that names it, and the next source holds', () => {
  const { values, refused } = resolveConfig(
    { EDGE_SUPPORT_METHOD_TIMEOUT_SECS: '30' },
    { methodTimeoutSecs: 'soon', logLevel: 'debug' },
  );
  expect(values.methodTimeoutSecs).toBe(30);
  expect(values.logLevel).toBe('debug');
  expect(refused).toEqual({ methodTimeoutSecs: 'methodTimeoutSecs must be an integer, got "soon".' });
});

test('of a bad value of a secret nothing is said', () => {
  const { refused } = resolveConfig({}, { storage: { sasUrl: ['https://a.example/c?sig=hunter2'] } });
  expect(refused).toEqual({ 'storage.sasUrl': 'storage.sasUrl must be a string.' });
});

test('of an owner’s restriction the stricter of twin and environment holds, whichever comes first', () => {
  const env = {
    EDGE_SUPPORT_ALLOWED_METHODS: 'Ping, RunCheck',
    EDGE_SUPPORT_HOST_ACCESS: 'true',
    EDGE_SUPPORT_PROTECTED_MODULES: 'a',
  };
  const desired = {
    policy: { allowedMethods: ['runcheck', 'RestartModule'], hostAccess: false, protectedModules: ['b'] },
  };
  const { values } = resolveConfig(env, desired);
  expect(values.allowedMethods).toEqual(['runcheck']);
  expect(values.hostAccess).toBe(false);
  expect(values.protectedModules.toSorted()).toEqual(['a', 'b']);
});

test('a twin can narrow but not widen what the environment restricts', () => {
  const env = { EDGE_SUPPORT_UPLOAD_HOSTS: 'a.example' };
  expect(resolveConfig(env, { policy: { uploadHosts: ['*'] } }).values.uploadHosts).toEqual(['a.example']);
  expect(resolveConfig({}, { policy: { uploadHosts: ['b.example'] } }).values.uploadHosts).toEqual(['b.example']);
});

test('of a suffix and a name below it the name holds, whichever source has it', () => {
  const uploadHosts = (env: string, twin: string) =>
    resolveConfig({ EDGE_SUPPORT_UPLOAD_HOSTS: env }, { policy: { uploadHosts: [twin] } }).values.uploadHosts;
  expect(uploadHosts('*.example', 'a.example')).toEqual(['a.example']);
  expect(uploadHosts('a.example', '*.example')).toEqual(['a.example']);
  expect(uploadHosts('*.example', 'a.test')).toEqual([]);
});

test('a restriction that cannot be read closes instead of opening', () => {
  const { values, refused } = resolveConfig({}, { policy: { hostAccess: 'perhaps', allowedMethods: 5 } });
  expect(values.hostAccess).toBe(false);
  expect(values.allowedMethods).toEqual(['Ping']);
  expect(refused['policy.hostAccess']).toMatch(
    /^policy\.hostAccess must be true or false, got "perhaps"; the strictest/,
  );
});

test('null in the twin is as if the key were not there', () => {
  expect(resolveConfig({}, { methodTimeoutSecs: null, policy: null }).values.methodTimeoutSecs).toBe(20);
});

test('a policy in the twin that is no object closes every restriction instead of being overlooked', () => {
  const { values, refused } = resolveConfig({}, { policy: 'none' });
  expect(values).toMatchObject({
    allowedMethods: ['Ping'],
    protectedModules: ['*'],
    hostAccess: false,
    uploadHosts: [],
    minimumRedaction: 'strict',
  });
  expect(refused['policy.hostAccess']).toBe(
    'policy.hostAccess cannot be read, because policy is not an object; the strictest value holds until it is mended.',
  );
  expect(resolveConfig({}, { policy: null }).refused).toEqual({});
});

test('blanks around a name do not weaken it', () => {
  expect(resolveConfig({}, { policy: { protectedModules: [' edgeHub '] } }).values.protectedModules).toEqual([
    'edgeHub',
  ]);
});

test.each<[object, Record<string, string>]>([
  [
    { policy: { AllowedMethods: ['Ping'] } },
    {
      'policy.AllowedMethods':
        'policy.AllowedMethods is no setting; nothing is restricted by it. Did you mean policy.allowedMethods?',
    },
  ],
  [
    { hostAccess: false },
    { hostAccess: 'hostAccess is no setting; nothing is set by it. Did you mean policy.hostAccess?' },
  ],
  [{ Policy: { hostAccess: false } }, { Policy: 'Policy is no setting; nothing is set by it.' }],
  [
    { storage: { keepfro: '1 d' }, channel: { probeEvery: '60 s' } },
    { 'storage.keepfro': 'storage.keepfro is no setting; nothing is set by it. Did you mean storage.keepFor?' },
  ],
  [{ storage: { gone: null }, gone: null, $version: 3, $metadata: { a: 1 } }, {}],
])('a name in the twin that no setting has is told: %j', (desired, refused) => {
  expect(resolveConfig({}, desired as Record<string, unknown>).refused).toEqual(refused);
});

test('so is a variable with our prefix, and nothing of its value', () => {
  const { refused } = resolveConfig(
    {
      EDGE_SUPPORT_HOST_ACESS: 'hunter2',
      EDGE_SUPPORT_LOG_LEVEL_FILE: '/run/x',
      edge_support_https_only: 'true',
      EDGE_SUPPORT_DATA: '/data',
      EDGE_SUPPORT_HEALTH_SOCKET: '@x',
      EDGE_SUPPORT_STORAGE_SAS_URL_FILE: '/run/secrets/sas',
      EDGE_HOST: 'x',
    },
    {},
  );
  expect(refused).toEqual({
    EDGE_SUPPORT_HOST_ACESS:
      'EDGE_SUPPORT_HOST_ACESS is no setting; nothing is set by it. Did you mean EDGE_SUPPORT_HOST_ACCESS?',
    EDGE_SUPPORT_LOG_LEVEL_FILE: 'EDGE_SUPPORT_LOG_LEVEL_FILE is no setting; nothing is set by it.',
    edge_support_https_only:
      'edge_support_https_only is no setting; nothing is set by it. Did you mean EDGE_SUPPORT_HTTPS_ONLY?',
  });
});

test('of many unknown names some are told', () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`name${at}${'x'.repeat(100)}`, 1]));
  const { refused } = resolveConfig({}, many);
  expect(Object.keys(refused)).toHaveLength(20);
  expect(JSON.stringify(refused).length).toBeLessThan(4000);
});

test('what is off by default is on where the owner says so, by either of the two, and by both only what both allow', () => {
  const allowed = (env: string | undefined, twin: unknown) =>
    resolveConfig(
      { EDGE_SUPPORT_DESTRUCTIVE_METHODS: env },
      twin === undefined ? {} : { policy: { destructiveMethods: twin } },
    ).values.destructiveMethods;
  expect(allowed(undefined, undefined)).toEqual([]);
  expect(allowed('PruneEngine', undefined)).toEqual(['PruneEngine']);
  expect(allowed(undefined, ['PruneEngine'])).toEqual(['PruneEngine']);
  expect(allowed('PruneEngine,RecreateModules', ['PruneEngine', 'CleanModuleLogs'])).toEqual(['PruneEngine']);
  expect(allowed('PruneEngine', [])).toEqual([]);
  expect(allowed('PruneEngine', 7)).toEqual([]);
});
