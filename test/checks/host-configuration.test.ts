import { utimes } from 'node:fs/promises';
import type { Verdict } from '../../module/checks/check.ts';
import { checks } from '../../module/checks/index.ts';
import type { Readings } from '../../module/facts/index.ts';
import { readFacts } from '../../module/facts/index.ts';
import { hostFiles } from '../../sim/host/files.ts';
import { hostWith } from '../facts/support/host-files.ts';
import { worldWith } from '../facts/support/world.ts';
import { environment, options, value } from './support/readings.ts';

/* From files of a device, through the fact, to the judgement. */

const names = { hostname: 'edge1', deviceId: 'edge1', hubHostName: 'hub.example' };
const device = Object.fromEntries(hostFiles(names).map(({ path, text }) => [`/${path}`, text]));
const own = [
  'keyd-config-well-formed',
  'certd-config-well-formed',
  'tpmd-config-well-formed',
  'identityd-config-well-formed',
  'configs-up-to-date',
  'hostname',
  'aziot-edged-config-well-formed',
  'config-up-to-date',
] as const;
type Id = (typeof own)[number];

interface State {
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly missing?: readonly string[];
  readonly machine?: string;
  /** Files whose time of change is set, in seconds since 1970. */
  readonly changed?: Readonly<Record<string, number>>;
}

async function judged({ files = {}, missing, machine = 'edge1', changed = {} }: State): Promise<Record<Id, Verdict>> {
  const present = Object.entries({ ...device, ...files }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  await using host = await hostWith(Object.fromEntries(present), missing ? { missing } : {});
  for (const [path] of present) await utimes(host.at(path), 2000, path.endsWith('00-super.toml') ? 2000 : 1000);
  for (const [path, time] of Object.entries(changed)) await utimes(host.at(path), time, time);
  const { hostConfig } = await readFacts(['hostConfig'], worldWith({ host: host.host }));
  const readings = { hostConfig, environment: environment(), engineInfo: value({ hostname: machine }) };
  const verdicts = own.map((id) => [id, checks.find((check) => check.id === id)?.judge(readings as Readings, options)]);
  return Object.fromEntries(verdicts) as Record<Id, Verdict>;
}

const identity = '/etc/aziot/identityd/config.d/00-super.toml';
const named = (hostname: string, machine: string): State => ({
  files: { [identity]: device[identity]?.replace('hostname = "edge1"', `hostname = "${hostname}"`) },
  machine,
});

test('F1: the configuration of a healthy device is ok', async () => {
  expect(Object.values(await judged({})).map(({ status }) => status)).toEqual(own.map(() => 'ok'));
});

test('F2: without /etc/aziot they are skipped with reason mount-missing', async () => {
  const verdicts = await judged({ missing: ['/etc/aziot'] });
  for (const id of own) {
    if (id === 'hostname') continue;
    expect([id, verdicts[id]]).toEqual([id, expect.objectContaining({ status: 'skipped', reason: 'mount-missing' })]);
  }
});

type Case = readonly [title: string, state: State, id: Id, status: Verdict['status'], says?: RegExp];

const cases: readonly Case[] = [
  [
    'F4: a syntax error in certd’s file',
    { files: { '/etc/aziot/certd/config.toml': 'x = [' } },
    'certd-config-well-formed',
    'failed',
    /^certd's configuration file is not well-formed\.\nerror in file \/etc\/aziot\/certd\/config\.toml\n.*line 1/,
  ],
  [
    'F5: two principals of one name',
    { files: { '/etc/aziot/identityd/config.toml': '[[principal]]\nname = "aziot-edge"\nuid = 1\n' } },
    'identityd-config-well-formed',
    'failed',
    /duplicate module name: aziot-edge/,
  ],
  [
    'F6: cloud_timeout_sec of 10',
    { files: { '/etc/aziot/identityd/config.toml': 'cloud_timeout_sec = 10\n' } },
    'identityd-config-well-formed',
    'failed',
    /at least 70 seconds/,
  ],
  ['F7: no config.toml', { files: { '/etc/aziot/config.toml': undefined } }, 'configs-up-to-date', 'ignored'],
  ['F7: no config.toml, edged', { files: { '/etc/aziot/config.toml': undefined } }, 'config-up-to-date', 'ignored'],
  [
    'F8: config.toml newer than certd’s',
    { changed: { '/etc/aziot/config.toml': 3000, '/etc/aziot/keyd/config.d/00-super.toml': 4000 } },
    'configs-up-to-date',
    'warning',
    /modified after certd's config\nYou must run 'aziotctl config apply'/,
  ],
  [
    'F9: edged’s 00-super.toml missing',
    { files: { '/etc/aziot/edged/config.d/00-super.toml': undefined } },
    'config-up-to-date',
    'warning',
    /00-super\.toml does not exist\.\nDid you run 'iotedge config apply'\?/,
  ],
  [
    'F10: another name',
    named('edge1', 'edge2'),
    'hostname',
    'failed',
    /hostname edge1 but device reports hostname edge2/,
  ],
  ['F11: fully qualified, in other case', named('Edge1.corp.lan', 'edge1'), 'hostname', 'ok'],
  ['F12: with an underscore', named('edge_1', 'edge_1'), 'hostname', 'warning', /does not comply with RFC 1035/],
  [
    'F13: 65 characters in two labels',
    named(`${'a'.repeat(32)}.${'b'.repeat(32)}`, `${'a'.repeat(32)}.${'b'.repeat(32)}`),
    'hostname',
    'warning',
    /too long to be used as a certificate issuer/,
  ],
  ['F14: an address', named('192.0.2.7', 'edge1'), 'hostname', 'ok'],
];

test.each(cases.map((one) => ({ title: one[0], one })))(
  '$title',
  async ({ one: [, state, id, status, says = /^/] }) => {
    const verdict = (await judged(state))[id];
    expect(verdict.status).toBe(status);
    if ('details' in verdict) expect(verdict.details.join('\n')).toMatch(says);
  },
);

test('a hostname that could not be read for its configuration is skipped, as in the original', async () => {
  const { hostname } = await judged({ files: { [identity]: 'x = [' } });
  expect(hostname).toMatchObject({ status: 'skipped', reason: 'previous-failure' });
});
