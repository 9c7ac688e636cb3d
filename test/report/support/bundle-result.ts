import { bundleChecks } from '../../../module/checks/bundle-checks.ts';
import { defaultCheckOptions } from '../../../module/checks/check.ts';
import { checks } from '../../../module/checks/index.ts';
import { judgeAll } from '../../../module/checks/run.ts';
import type { Readings } from '../../../module/facts/index.ts';
import { logSignatures } from '../../../module/facts/log-signs.ts';
import type { ModuleLogReading } from '../../../module/facts/log-statistics.ts';
import type { BundleResult } from '../../../module/report/bundle-result.ts';

const until = new Date('2026-11-25T12:00:00Z');
const ago = (minutes: number) => until.getTime() - minutes * 60_000;

/** A device in trouble, whose every text is what is given: nothing of it may be more than text. */
export function resultWith(text: (what: string) => string, modules = 4): BundleResult {
  const names = Array.from({ length: modules }, (_, at) => text(at === 0 ? 'edgeHub' : `module-${at}`));
  const sign = logSignatures[0];
  const line = (minutes: number, words: string) => ({ line: 7, at: ago(minutes), text: text(words) });
  const log = (name: string, at: number): ModuleLogReading => ({
    file: `logs/${name}_log.txt`,
    lines: 50_000 + at,
    bytes: 7_000_000,
    firstAt: ago(1440),
    lastAt: ago(1),
    errors: 1200 - at,
    warnings: 90,
    rate: {
      from: ago(240),
      stepMs: 60_000,
      errors: Array.from({ length: 240 }, (_, step) => (step % 60 === at % 60 ? 40 : 0)),
      warnings: Array.from({ length: 240 }, (_, step) => (step % 20 === 0 ? 3 : 0)),
    },
    signs: at === 0 && sign ? { [sign.id]: { count: 12, first: line(200, sign.example), last: line(2, 'last') } } : {},
    troubles: [line(61, 'the first error')],
    starts: [ago(60)],
    gaps: [{ from: ago(900), to: ago(700) }],
    backwards: { count: 1, farthestMs: 300_000 },
  });
  const container = (name: string) => ({
    name,
    containerId: '0'.repeat(64),
    image: text('mcr.microsoft.com/azureiotedge-hub:1.5'),
    imageId: 'sha256:0',
    createdAt: new Date(ago(2000)).toISOString(),
    state: 'running',
    exitCode: 1,
    oomKilled: false,
    startedAt: new Date(ago(60)).toISOString(),
    finishedAt: new Date(ago(61)).toISOString(),
    restartCount: 3,
    log: { driver: 'json-file' },
    mounts: [],
    volumes: [],
    dns: [],
    extraHosts: [],
    networks: ['azure-iot-edge'],
    ports: [],
  });
  const events = names.flatMap((name, at) => [
    { name, action: 'die', at: ago(61 + at), exitCode: 139 },
    { name, action: 'start', at: ago(60 + at) },
    { name, action: 'oom', at: ago(300 + at) },
  ]);
  const value = {
    environment: { iothubHostname: text('hub.azure-devices.net'), deviceId: text('edge-1') },
    edgeContainers: { containers: names.map(container), unreadable: [{ name: text('gone'), why: text('why') }] },
    moduleEvents: { since: ago(1440), events },
    logStatistics: { modules: Object.fromEntries(names.map((name, at) => [name, log(name, at)])) },
    system: {
      arch: 'arm64',
      memory: { total: 1e9, available: 3e7 },
      swap: { total: 5e8, free: 1e8 },
      disks: [],
    },
    memory: { modules: names.map((name) => ({ name, used: 120e6, limit: 128e6 })), oomKills: 4 },
    hostDisks: {
      fileSystems: [
        { paths: [text('/var/lib/docker/containers')], total: 32e9, available: 1e8, inodes: 100, freeInodes: 90 },
      ],
      logs: [{ containerId: '0'.repeat(64), bytes: 9e9, files: 1, last: ago(1) }],
      logFolder: text('/var/lib/docker/containers'),
      stores: {},
    },
    hostSystem: {
      os: { id: 'ubuntu', prettyName: text('Ubuntu 24.04 LTS') },
      kernel: text('6.8.0'),
      bootedAt: new Date(ago(5000)).toISOString(),
      packages: { unknown: text('unknown') },
      journal: 'persistent',
    },
  };
  const readings = Object.fromEntries(
    Object.entries(value).map(([name, own]) => [name, { value: own }]),
  ) as unknown as Partial<Readings>;
  const results = judgeAll([...checks, ...bundleChecks], readings, { ...defaultCheckOptions, now: until });
  return {
    version: '1.2.3',
    iothub: text('hub.azure-devices.net'),
    device: text('edge-1'),
    caseId: text('CS-1234'),
    createdAt: until,
    since: new Date(ago(1440)),
    until,
    run: { startedAt: until, durationMs: 1000, results, readings },
    entries: [
      {
        name: `logs/${names[0]}_log.txt`,
        collector: 'module-logs',
        status: 'success',
        bytes: 7e6,
        sha256: '0',
        seconds: 1.5,
        redacted: { 'sas-signature': 3 },
      },
      {
        name: text('logs/kernel.txt'),
        collector: 'system-logs',
        status: 'skipped',
        bytes: 0,
        seconds: 0,
        reason: text('The policy forbids it.'),
      },
      {
        name: text('docker/df.json'),
        collector: 'engine',
        status: 'timeout',
        bytes: 12,
        sha256: '0',
        seconds: 60,
        reason: text('too slow'),
      },
    ],
  };
}
