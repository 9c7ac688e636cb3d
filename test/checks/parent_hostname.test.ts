import { isRfc1035 } from '../../module/checks/host-name.ts';
import { parentHostname } from '../../module/checks/parent_hostname.ts';
import { environment, options } from './support/readings.ts';

const judge = (name?: string) =>
  parentHostname.judge({ environment: environment(name === undefined ? {} : { parentHostname: name }) }, options);

test('a device without a parent has nothing to check', () => {
  expect(judge()).toMatchObject({ status: 'ignored', info: { config_parent_hostname: null } });
});

test.each(['parent', 'parent.corp.lan', '10.0.0.1', 'fd00::1'])('%s is ok', (name) => {
  expect(judge(name)).toEqual({ status: 'ok', info: { config_parent_hostname: name } });
});

test('a name against RFC 1035 is a warning with the rules', () => {
  const verdict = judge('my_parent');
  expect(verdict.status).toBe('warning');
  expect(verdict).toHaveProperty(
    ['details', 0],
    expect.stringMatching(
      /^configuration has parent_hostname my_parent which does not comply with RFC 1035\.\n\n- Hostname must be (.|\n)*downstream devices\.$/,
    ),
  );
});

test('F37: a valid name of more than 64 letters is an error', () => {
  const name = `${'a'.repeat(40)}.${'b'.repeat(24)}`;
  expect(name).toHaveLength(65);
  expect(judge(name)).toMatchObject({
    status: 'failed',
    details: [`configuration parent_hostname ${name} is too long to be used as a certificate issuer`],
  });
});

test.each<[string, boolean]>([
  ['a', true],
  ['FoObAr01.bAz', true],
  ['xn--v9ju72g90p.com', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['01.org', false],
  ['a-.org', false],
  ['a..b', false],
  ['', false],
])('RFC 1035: "%s" %s', (name, expected) => {
  expect(isRfc1035(name)).toBe(expected);
});
