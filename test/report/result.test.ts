import type { CheckResult, CheckRun } from '../../module/checks/run.ts';
import type { Facts, Readings } from '../../module/facts/index.ts';
import { size } from '../../module/report/host-info.ts';
import { summarize, toCheckJson } from '../../module/report/result.ts';
import { toCheckText } from '../../module/report/text.ts';

const result = (id: string, more: Partial<CheckResult>): CheckResult => ({
  id,
  section: 'Configuration checks',
  title: `the ${id}`,
  outcome: 'ok',
  details: [],
  info: {},
  durationMs: 5,
  ...more,
});

const results = [
  result('time', {
    section: 'Configuration checks (aziot-identity-service)',
    info: { offset: 0 },
    iotedgeCheck: 'warning',
  }),
  result('storage', { outcome: 'warning', details: ['Not kept.\nSee there.', 'no mount'], advice: 'Bind it.' }),
  result('engine', { outcome: 'error', details: ['Gone.'], advice: 'Start it.' }),
  result('parent', { outcome: 'ignored', why: 'no parent' }),
  result('dns', { outcome: 'skipped', reason: 'deadline', why: 'late' }),
  result('mqtt', {
    section: 'Connectivity checks',
    outcome: 'skipped',
    reason: 'not-required',
    why: 'not required in this configuration (UpstreamProtocol Amqp)',
  }),
];

const readings: Partial<Readings> = {
  system: {
    value: {
      arch: 'arm64',
      memory: { total: 4 * 2 ** 30, available: 3 * 2 ** 30 },
      swap: { total: 0, free: 0 },
      disks: [{ name: '/dev/sda1', fileSystem: 'ext4', total: 8 * 2 ** 30, available: 2 ** 30, rotational: false }],
    },
  },
  engineInfo: {
    value: {
      operatingSystem: 'Ubuntu 24.04.1 LTS',
      osVersion: '24.04',
      serverVersion: '27.0.0',
    } as Facts['engineInfo'],
  },
};

const run = (more: Partial<CheckRun> = {}): CheckRun => ({
  startedAt: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
  durationMs: 100,
  results,
  readings,
  ...more,
});

test('the JSON has the shape of iotedge check, its checks sorted by id, and our additions', () => {
  const json = toCheckJson(run());
  expect(Object.keys(json)).toEqual(['additional_info', 'checks', 'summary', 'rootCauses']);
  expect(Object.keys(json.checks)).toEqual(['dns', 'engine', 'mqtt', 'parent', 'storage', 'time']);
  expect(json.checks['storage']).toEqual({
    result: { result: 'warning', details: ['Not kept.\nSee there.', 'no mount'] },
    additional_info: {},
    section: 'Configuration checks',
    description: 'the storage',
    durationMs: 5,
    advice: 'Bind it.',
    page: 'docs/checks/storage.md',
  });
  expect(json.checks['time']).toEqual({
    result: { result: 'ok' },
    additional_info: { offset: 0, iotedgeCheck: 'warning' },
    section: 'Configuration checks (aziot-identity-service)',
    description: 'the time',
    durationMs: 5,
  });
  expect(json.checks['dns']).toMatchObject({
    result: { result: 'skipped' },
    reason: 'deadline',
    why: 'late',
    page: 'docs/checks/dns.md',
  });
  expect(json.checks['parent']).toMatchObject({ result: { result: 'ignored' }, why: 'no parent' });
  expect(json.rootCauses.map(({ check, explains }) => [check, explains])).toEqual([
    ['engine', []],
    ['storage', []],
  ]);
  expect(json.summary).toEqual({ succeeded: 1, warnings: 1, errors: 1, skipped: 2, ignored: 1, overall: 'error' });
});

test('the head describes the host in the original words', () => {
  expect(toCheckJson(run()).additional_info).toEqual({
    docker_version: '27.0.0',
    aziot_edged_version: null,
    now: '2026-01-02T03:04:05.000Z',
    os: { id: 'ubuntu', version_id: '24.04', arch: 'aarch64', bitness: 64 },
    system_info: {
      used_ram: '1.00 GiB',
      total_ram: '4.00 GiB',
      used_swap: '0 B',
      total_swap: '0 B',
      disks: [
        {
          name: '/dev/sda1',
          percent_free: '12.5%',
          available_space: '1.00 GiB',
          total_space: '8.00 GiB',
          file_system: 'ext4',
          file_type: 'SSD',
        },
      ],
    },
  });
});

test("the host's own os-release and edged's own version count before what the engine says", () => {
  const readings = {
    ...run().readings,
    hostSystem: { value: { os: { id: 'raspbian', versionId: '12' } } },
    management: { value: { path: '/run/iotedge/mgmt.sock', version: '1.5.21', tookMs: 1 } },
  };
  expect(toCheckJson(run({ readings: readings as never })).additional_info).toMatchObject({
    aziot_edged_version: '1.5.21',
    os: { id: 'raspbian', version_id: '12' },
  });
});

test('what was not read is null', () => {
  expect(toCheckJson(run({ readings: {} })).additional_info).toEqual({
    docker_version: null,
    aziot_edged_version: null,
    now: '2026-01-02T03:04:05.000Z',
    os: { id: null, version_id: null, arch: null, bitness: null },
    system_info: null,
  });
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [1.82 * 2 ** 30, '1.82 GiB'],
  [2 ** 40, '1.00 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test('the whole is as bad as its worst check; what could not be told is no success', () => {
  const overall = (...outcomes: Partial<CheckResult>[]) =>
    summarize(run({ results: outcomes.map((more, at) => result(`c${at}`, more)) })).overall;
  expect(overall({ outcome: 'ok' }, { outcome: 'ignored' })).toBe('ok');
  expect(overall({ outcome: 'ok' }, { outcome: 'skipped', reason: 'not-required' })).toBe('ok');
  expect(overall({ outcome: 'ok' }, { outcome: 'skipped', reason: 'deadline' })).toBe('skipped');
  expect(overall({ outcome: 'skipped', reason: 'deadline' }, { outcome: 'warning' })).toBe('warning');
  expect(overall({ outcome: 'warning' }, { outcome: 'error' })).toBe('error');
  expect(overall({}, { outcome: 'skipped', reason: 'not-supported' })).toBe('ok');
});

test('what is never looked at from afar is no warning on the screen', () => {
  const skipped = result('keys', { outcome: 'skipped', reason: 'not-supported', why: 'Private keys.' });
  expect(toCheckText(run({ results: [skipped] }))).toContain(
    '‼ the keys - Skipped\n    skipping because of not-supported',
  );
});

test('the text is laid out like the screen of iotedge check', () => {
  expect(toCheckText(run())).toBe(
    [
      'Configuration checks (aziot-identity-service)',
      '---------------------------------------------',
      '√ the time - OK',
      '',
      'Configuration checks',
      '--------------------',
      '‼ the storage - Warning',
      '    Not kept.',
      '    See there.',
      '        caused by: no mount',
      '        how to fix: Bind it.',
      '        see: docs/checks/storage.md',
      '× the engine - Error',
      '    Gone.',
      '        how to fix: Start it.',
      '        see: docs/checks/engine.md',
      '‼ the dns - Warning',
      '    skipping because of deadline: late',
      '',
      'Connectivity checks',
      '-------------------',
      '√ the mqtt - OK',
      '    skipping because of not required in this configuration (UpstreamProtocol Amqp)',
      '',
      '1 check(s) succeeded.',
      '1 check(s) raised warnings.',
      '1 check(s) raised errors.',
      '2 check(s) were skipped.',
      '',
    ].join('\n'),
  );
});
