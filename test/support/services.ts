import type { Log } from '../../module/base/log.ts';
import { resolveConfig } from '../../module/config/config.ts';
import type { Environment } from '../../module/config/environment.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { createTaps } from '../../module/hub/taps.ts';
import { type AuditEntry, endOfTask } from '../../module/methods/audit.ts';
import { createCallRate } from '../../module/methods/call-rate.ts';
import { createConfirmations } from '../../module/methods/confirm.ts';
import { createCooldown } from '../../module/methods/cooldown.ts';
import { taskKinds } from '../../module/methods/index.ts';
import type { Services } from '../../module/methods/method.ts';
import { createRepeats } from '../../module/methods/repeats.ts';
import { createMetrics } from '../../module/metrics/metrics.ts';
import { createRedactor } from '../../module/redact/redact.ts';
import { createBlobNames } from '../../module/storage/names.ts';
import type { Storage } from '../../module/storage/storage.ts';
import type { TaskRecord } from '../../module/tasks/record.ts';
import { createSealer } from '../../module/tasks/seal.ts';
import type { TaskStore } from '../../module/tasks/store.ts';
import { createTasks } from '../../module/tasks/tasks.ts';
import { memoryStorage } from './memory-storage.ts';

export const environment: Environment = {
  iothubHostname: 'hub.example',
  deviceId: 'device-1',
  moduleId: 'edgeSupport',
};

/** A log that keeps its lines, `LEVEL text` each. */
export function memoryLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  return {
    lines,
    fatal: at('fatal'),
    error: at('error'),
    warning: at('warning'),
    info: at('info'),
    debug: at('debug'),
    verbose: at('verbose'),
  };
}

/** Tasks that are kept in memory only. */
function memoryTaskStore(): TaskStore {
  const records = new Map<string, TaskRecord>();
  return {
    get: (id) => records.get(id),
    all: () => [...records.values()],
    put: async (record) => void records.set(record.id, record),
    forget: (id) => void records.delete(id),
    purge: async () => undefined,
    durable: () => true,
    complete: true,
    close: async () => undefined,
  };
}

export interface TestServices {
  readonly docker: Docker;
  readonly variables?: Readonly<Record<string, string>>;
  readonly desired?: Readonly<Record<string, unknown>>;
  readonly now?: Date;
  readonly storage?: Storage;
}

export interface TestModule extends Services {
  readonly log: ReturnType<typeof memoryLog>;
  readonly audited: readonly AuditEntry[];
}

/** The services of a module around this engine, everything else in memory. */
export function services({
  docker,
  variables = {},
  desired = {},
  now,
  storage = memoryStorage(),
}: TestServices): TestModule {
  const log = memoryLog();
  // Tests call far more often than people do.
  const { values } = resolveConfig({ EDGE_SUPPORT_CALLS_PER_MINUTE: '*=100000', ...variables }, desired);
  const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [] });
  const audited: AuditEntry[] = [];
  const clock = () => now ?? new Date();
  const tasks = createTasks({
    kinds: () => taskKinds(own),
    store: memoryTaskStore(),
    sealer: createSealer(async () => Buffer.alloc(32)),
    clean: (value) => redactor.json(value) as typeof value,
    log,
    now: clock,
    discard: storage.discard,
    keeps: async (id) => (await storage.kept(id)).length > 0,
    remember: () => undefined,
    changed: () => undefined,
    ended: (record) => void audited.push(endOfTask(record, clock())),
  });
  const own: TestModule = {
    docker,
    env: environment,
    redactor,
    tasks,
    repeats: createRepeats(),
    audited,
    audit: { record: (entry) => void audited.push(entry), lines: () => audited.map((entry) => JSON.stringify(entry)) },
    cooldown: createCooldown(() => values.restartCooldown),
    taps: createTaps(),
    confirmations: createConfirmations(clock),
    callRate: createCallRate(() => values.callsPerMinute),
    metrics: createMetrics({
      ...environment,
      version: '0.0.0-test',
      sources: { runningTasks: () => [], spoolBytes: storage.spoolBytes, redactions: () => new Map() },
    }),
    setLogLevel: (level) => log.info(`The level is ${level}.`),
    end: () => log.info('The process ends.'),
    storage,
    failures: { kept: async () => [], record: () => undefined },
    settings: () => values,
    policy: () => values,
    version: '0.0.0-test',
    log,
    recentLog: () => log.lines,
    now: clock,
    world: () => ({ docker, env: environment, now: clock }),
    nameBlob: createBlobNames(environment, clock),
  };
  return own;
}
