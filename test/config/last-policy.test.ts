import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../../module/config/config.ts';
import { createLastPolicy } from '../../module/config/last-policy.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'last-policy-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const keptBy = (desired: Record<string, unknown>) => {
  createLastPolicy(folder).keep(desired);
  return createLastPolicy(folder).read();
};

test.each([
  [{ policy: { allowedMethods: ['Ping', 'RunCheck'], uploadHosts: ['*.example'], httpsOnly: true } }],
  [{ policy: { hostAccess: 'false', protectedModules: '*', minimumRedaction: 'ALL' } }],
  [{ policy: { allowedMethods: 7, hostAccess: 'perhaps' } }],
  [{ policy: 'none' }],
  [{ policy: { destructiveMethods: ['PruneEngine'] } }],
  [{ policy: { callsPerMinute: ['RunCheck=2'] } }],
  [{ policy: { httpsOnly: true }, redactionRules: ['serial=PLC-[0-9]{6}'] }],
  [{ redactionRules: ['serial=PLC-[0-9]{6}'] }],
  [{ policy: 7, redactionRules: 7 }],
  [{ logLevel: 'debug' }],
  [{}],
])('what restricts under %j restricts in the next start as well', (desired) => {
  const restrictions = (all: Record<string, unknown>) => ({ ...resolveConfig({}, all).values, logLevel: '' });
  expect(restrictions(keptBy(desired))).toEqual(restrictions(desired));
});

test('nothing but restrictions gets into the file, and only the owner can read it', () => {
  keptBy({ policy: { hostAccess: 'http://u:hunter2@h', hunter3: 1 }, storage: { sasUrl: 'hunter4' } });
  const file = join(folder, 'policy.json');
  expect(readFileSync(file, 'utf8')).not.toContain('hunter');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['policy.json']);
});

test('a policy that is taken away is taken away', () => {
  keptBy({ policy: { allowedMethods: ['Ping'] } });
  expect(resolveConfig({}, keptBy({})).values.allowedMethods).toEqual(['*']);
});

test('what the twin leaves open stays for the environment to decide', () => {
  const variables = { EDGE_SUPPORT_DESTRUCTIVE_METHODS: 'PruneEngine' };
  expect(resolveConfig(variables, keptBy({})).values.destructiveMethods).toEqual(['PruneEngine']);
  expect(resolveConfig(variables, keptBy({ policy: { destructiveMethods: [] } })).values.destructiveMethods).toEqual(
    [],
  );
});

test('a file that cannot be understood closes everything', () => {
  writeFileSync(join(folder, 'policy.json'), '{"allowedMeth');
  const { values } = resolveConfig({}, createLastPolicy(folder).read());
  expect(values).toMatchObject({ allowedMethods: ['Ping'], protectedModules: ['*'], uploadHosts: [], httpsOnly: true });
});

test('without a folder nothing is kept and nothing fails', () => {
  const policy = createLastPolicy(join(folder, 'nowhere'));
  policy.keep({ policy: { allowedMethods: [] } });
  expect(policy.read()).toEqual({});
});

test('it is written only when it changes', () => {
  const policy = createLastPolicy(folder);
  policy.keep({ policy: { allowedMethods: ['Ping'] } });
  const { ino } = statSync(join(folder, 'policy.json'));
  policy.keep({ policy: { allowedMethods: ['Ping'] }, other: 1 });
  expect(statSync(join(folder, 'policy.json')).ino).toBe(ino);
});
