import { messageOf } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { within } from './base/time.ts';
import { type Config, resolveConfig } from './config/config.ts';
import { readEnvironment } from './config/environment.ts';
import type { LastPolicy } from './config/last-policy.ts';
import type { Settings } from './config/settings.ts';
import type { Docker } from './docker/docker.ts';
import { mountsOf, seesProcesses } from './facts/index.ts';
import { createProbes } from './facts/probes.ts';
import { createSendHistory } from './facts/send-history.ts';
import { createHealthWatch } from './health/health.ts';
import { createHealthServer } from './health/server.ts';
import type { ChannelOptions, Hub, HubListener } from './hub/hub.ts';
import { createSecret } from './hub/secret.ts';
import { createTaps } from './hub/taps.ts';
import { endOfTask, openAudit } from './methods/audit.ts';
import { createCallRate, unknownInRates } from './methods/call-rate.ts';
import { createConfirmations } from './methods/confirm.ts';
import { createCooldown } from './methods/cooldown.ts';
import { dispatch, methods, taskKinds } from './methods/index.ts';
import type { Services } from './methods/method.ts';
import { createRepeats } from './methods/repeats.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createMetricsServer } from './metrics/server.ts';
import { readCustomRules } from './redact/custom.ts';
import type { Redactor } from './redact/redact.ts';
import type { CustomRule } from './redact/search.ts';
import { createStorage } from './storage/create.ts';
import { createFailureShelf } from './storage/failures.ts';
import { createBlobNames } from './storage/names.ts';
import { signaturesIn } from './storage/sas.ts';
import { createTaskReport } from './tasks/report.ts';
import { createSealer } from './tasks/seal.ts';
import { openTaskStore } from './tasks/store.ts';
import { createTasks } from './tasks/tasks.ts';
import { createFailureWatch } from './triggers/failure-watch.ts';

/** The parts that meet the outside world; `main.ts` passes the real ones, tests others. */
export interface Parts {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Variables that could not be used, with one sentence each. */
  readonly refusedVariables?: Readonly<Record<string, string>>;
  readonly version: string;
  readonly docker: Docker;
  readonly redactor: Redactor;
  /** How many secrets it has taken out, by rule. */
  readonly redactions: () => ReadonlyMap<string, number>;
  /** Hands the owner's rules to the redactor. */
  readonly useRules: (rules: readonly CustomRule[]) => void;
  /** Remembers a secret of a request, so that it is taken out of all that leaves the device. */
  readonly remember: (secret: string) => void;
  readonly connect: (listener: HubListener, log: Log, options: () => ChannelOptions) => Hub;
  readonly lastPolicy: LastPolicy;
  /** Where tasks and archives survive the process. It need not be there, nor be writable. */
  readonly dataFolder: string;
  /** Where health checks are answered, see `socketPath`; nowhere by default. */
  readonly healthSocket?: string;
  /** Makes the log; it asks for the level at every line, since the twin may change it. */
  readonly createLog: (level: () => Settings['logLevel']) => Log;
  /** Ends the process in good order; IoT Edge starts it anew. */
  readonly end: () => void;
  /** The newest lines of that log. */
  readonly recentLog: () => readonly string[];
  readonly now: () => Date;
}

export interface SupportModule {
  readonly log: Log;
  /** Resolves with the reason when no connection has worked for so long that the module is better started anew. */
  readonly gaveUp: Promise<string>;
  /** Ends tasks and the connection, within 9 s. */
  stop(): Promise<void>;
}

/**
 * So many milliseconds after the first call calls are answered even if the twin has not been read. Callers wait 5 s at
 * the least: a refusal must be there before.
 */
const firstTwinMs = 3000;

/** How long helper containers that were left behind may take to be removed; milliseconds. */
const startLimitMs = 30_000;

const methodNames = methods.map(({ name }) => name);

/** Wires everything and starts: connects to edgeHub and answers its calls. */
export function createModule(parts: Parts): SupportModule {
  const { variables, docker, redactor, now, version, lastPolicy } = parts;
  const configure = (desired: Readonly<Record<string, unknown>>): Config => {
    const { values, refused } = resolveConfig(variables, desired);
    const own = readCustomRules(values.redactionRules);
    parts.useRules(own.rules);
    const bad = Object.entries(own.refused).map(([at, why]) => [
      `redactionRules[${at}]`,
      `redactionRules[${at}] ${why}`,
    ]);
    const unknown = unknownInRates(values.callsPerMinute, methodNames);
    if (unknown !== undefined) bad.push(['policy.callsPerMinute', `policy.callsPerMinute ${unknown}.`]);
    return { values, refused: { ...parts.refusedVariables, ...refused, ...Object.fromEntries(bad) } };
  };
  let config = configure(lastPolicy.read());
  const settings = () => config.values;
  let ownLevel: Settings['logLevel'] | undefined;
  const log = parts.createLog(() => ownLevel ?? settings().logLevel);
  const env = readEnvironment(variables);
  log.info(`edge-support ${version} starts as ${env.moduleId} on ${env.deviceId}.`);
  const metrics = createMetrics({
    ...env,
    version,
    sources: {
      runningTasks: () => tasks.list().flatMap(({ status, method = '' }) => (status === 'Running' ? [method] : [])),
      spoolBytes: () => storage.spoolBytes(),
      redactions: parts.redactions,
    },
  });
  const metricsServer = createMetricsServer({ page: metrics.text, log });
  const healthWatch = createHealthWatch(() => settings().channelGiveUpAfter * 1000);
  const healthServer = createHealthServer({ address: parts.healthSocket ?? '', health: healthWatch.health, log });
  const storage = createStorage({
    folder: parts.dataFolder,
    env,
    variables,
    settings,
    policy: settings,
    now,
    remember: parts.remember,
    counted: metrics,
    settingsRead: () => (state.read ? undefined : twinRead.promise),
  });
  const store = openTaskStore(parts.dataFolder, log);
  const audit = openAudit(parts.dataFolder, log);
  const tasks = createTasks({
    kinds: () => [...taskKinds(services), failureWatch.kind],
    store,
    sealer: createSealer(createSecret({ ...env, connectionString: variables['EdgeHubConnectionString'] })),
    clean: (value) => redactor.json(value) as typeof value,
    log,
    now,
    discard: storage.discard,
    keeps: async (id) => (await storage.kept(id)).length > 0,
    remember: (sasUrl) => {
      for (const secret of signaturesIn(sasUrl)) parts.remember(secret);
    },
    changed: () => taskReport.changed(),
    counted: metrics.task,
    ended: (record) => audit.record(endOfTask(record, now())),
  });
  const taps = createTaps();
  const failureShelf = createFailureShelf({
    dataFolder: parts.dataFolder,
    most: () => settings().collectOnFailureMegabytes * 1e6,
  });
  const upstreamSends = createSendHistory();
  const services: Services = {
    docker,
    env,
    redactor,
    tasks,
    repeats: createRepeats(),
    audit,
    cooldown: createCooldown(() => settings().restartCooldown),
    taps,
    confirmations: createConfirmations(now),
    callRate: createCallRate(() => settings().callsPerMinute),
    metrics,
    setLogLevel: (level) => {
      ownLevel = level;
    },
    end: parts.end,
    storage,
    failures: { kept: failureShelf.list, record: () => failureWatch.record() },
    settings,
    policy: settings,
    log,
    recentLog: parts.recentLog,
    now,
    version,
    world: (targets = {}) => {
      const { ntpServer, latestVersionsUrl } = settings();
      const own = {
        proveChannel: () => hub.prove(),
        tryStorage: storage.attempt,
        upstreamSends,
        redact: redactor.text,
      };
      const here = { docker, env, now, own, targets: { ntpServer, latestVersionsUrl, ...targets } };
      return {
        ...here,
        probes: createProbes({ world: here, settings, mounts: mountsOf, processes: seesProcesses, log }),
      };
    },
    nameBlob: createBlobNames(env, now),
  };

  const failureWatch = createFailureWatch({ services, shelf: failureShelf });

  const report = (patch: Readonly<Record<string, unknown>>) => {
    hub.report(patch).catch((error: unknown) => log.warning(`Reporting properties failed: ${messageOf(error)}`));
  };
  const taskReport = createTaskReport(tasks.list, (newest) => hub.report({ tasks: newest }));
  // A patch leaves alone what it does not name, and what was reported may be of an earlier start: the whole goes first.
  const reportSettings = () => {
    report({ settings: { refused: null } });
    const refused = Object.entries(config.refused).map(([place, problem]) => [
      // IoT Hub forbids dots in names.
      place.replaceAll('.', '/'),
      redactor.text(problem),
    ]);
    if (refused.length > 0) report({ settings: { refused: Object.fromEntries(refused) } });
  };
  const logRefused = () => {
    for (const problem of Object.values(config.refused))
      log.warning(`A setting was refused: ${redactor.text(problem)}`);
  };
  // A default target that cannot be used is said when it is set; its secrets are known before anything quotes them.
  const checkTarget = () => {
    try {
      storage.check(undefined);
    } catch (error) {
      log.warning(`Uploads without a sasUrl will be refused: ${messageOf(error)}`);
    }
  };
  const state = { open: false, read: false };

  // The owner's policy may stand in the twin: until it was read once, calls wait, though not for ever.
  const twinRead = Promise.withResolvers<void>();
  const gaveUp = Promise.withResolvers<string>();
  let policyKnown: Promise<void> | undefined;

  const hub = parts.connect(
    {
      onMethod: async (call) => {
        policyKnown ??= within(firstTwinMs, 'Reading the policy in the twin', () => twinRead.promise).catch(
          (error: unknown) => log.warning(`${messageOf(error)} Until then the last known policy holds.`),
        );
        await policyKnown;
        return dispatch(call, services);
      },
      onTwinRead: () => {
        state.read = true;
        twinRead.resolve();
      },
      onInput: taps.onInput,
      onInputs: taps.onInputs,
      onDesired: (desired) => {
        const before = settings().logLevel;
        config = configure(desired);
        if (settings().logLevel !== before) ownLevel = undefined;
        lastPolicy.keep(desired);
        logRefused();
        checkTarget();
        failureWatch.changed();
        metricsServer.use(settings().metricsPort);
        if (state.open) reportSettings();
      },
      onState: (hubState, via) => {
        metrics.channel(hubState, via);
        healthWatch.channel(hubState, via);
        state.open = hubState === 'open';
        if (!state.open) return taskReport.disconnected();
        report({ version, methods: methodNames.join(',') });
        reportSettings();
        taskReport.connected();
      },
      onEnded: metrics.channelEnded,
      onGiveUp: gaveUp.resolve,
    },
    log,
    () => channelOptions(settings()),
  );
  logRefused();
  checkTarget();
  metricsServer.use(settings().metricsPort);
  // Before the first call can come: nothing that it starts may pass for unfinished work of an earlier start.
  const known = new Set(
    tasks
      .list()
      .filter(({ status }) => status !== 'Cancelled')
      .map(({ correlationId }) => correlationId),
  );
  // Of tasks that could not be read the archives may still be wanted.
  const tidied = (store.complete ? storage.tidy(known) : Promise.resolve()).catch((error: unknown) => {
    log.warning(`The spool was not tidied: ${messageOf(error)}`);
  });
  // What goes on does so by the settings of the twin, among them redaction and the storage target, if they can be had.
  tasks.recover(Promise.all([tidied, twinRead.promise]).then(() => undefined));
  failureWatch.changed();
  // What a crash left running: nothing of this start runs yet.
  docker.removeHelpers(env.moduleId, 0, AbortSignal.timeout(startLimitMs)).then(
    (count) => count > 0 && log.info(`Removed ${count} helper container(s) that an earlier start left behind.`),
    (error: unknown) => log.debug(`Helper containers were not looked for: ${messageOf(error)}`),
  );
  return {
    log,
    gaveUp: gaveUp.promise,
    stop: async () => {
      taskReport.disconnected();
      failureWatch.stop();
      await Promise.all([metricsServer.close(), healthServer.close()]);
      await tasks.stop(3000);
      await hub.close();
    },
  };
}

const channelOptions = (settings: Settings): ChannelOptions => ({
  transport: settings.channelTransport,
  probeEverySecs: settings.channelProbeEvery,
  fallback: settings.channelFallback,
  fallbackAfterSecs: settings.channelFallbackAfter,
  giveUpAfterSecs: settings.channelGiveUpAfter,
});
