import { messageOf } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { within } from './base/time.ts';
import { resolveConfig } from './config/config.ts';
import { type Environment, readEnvironment } from './config/environment.ts';
import type { LastPolicy } from './config/last-policy.ts';
import { forbidUploadHost, type Policy } from './config/policy.ts';
import type { Settings } from './config/settings.ts';
import type { Docker } from './docker/docker.ts';
import type { ChannelOptions, Hub, HubListener } from './hub/hub.ts';
import { dispatch, methods } from './methods/index.ts';
import type { Services } from './methods/method.ts';
import type { Redactor } from './redact/redact.ts';
import { openBlobSink } from './storage/blob.ts';
import { createStorage } from './storage/create.ts';
import { createBlobNames } from './storage/names.ts';
import { readContainerSas, rewriteUpstream } from './storage/sas.ts';
import type { OpenSink } from './storage/sink.ts';
import { createTasks } from './tasks/tasks.ts';

/** The parts that meet the outside world; `main.ts` passes the real ones, tests others. */
export interface Parts {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly docker: Docker;
  readonly redactor: Redactor;
  /** Remembers a secret of a request, so that it is taken out of all that leaves the device. */
  readonly remember: (secret: string) => void;
  readonly connect: (listener: HubListener, log: Log, options: () => ChannelOptions) => Hub;
  readonly lastPolicy: LastPolicy;
  /** Makes the log; it asks for the level at every line, since the twin may change it. */
  readonly createLog: (level: () => Settings['logLevel']) => Log;
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

/** Wires everything and starts: connects to edgeHub and answers its calls. */
export function createModule(parts: Parts): SupportModule {
  const { variables, docker, redactor, now, version, lastPolicy } = parts;
  let config = resolveConfig(variables, lastPolicy.read());
  const settings = () => config.values;
  const log = parts.createLog(() => settings().logLevel);
  const env = readEnvironment(variables);
  log.info(`edge-support ${version} starts as ${env.moduleId} on ${env.deviceId}.`);
  const tasks = createTasks(redactor.text, log);
  const services: Services = {
    docker,
    env,
    redactor,
    tasks,
    settings,
    policy: settings,
    log,
    now,
    version,
    world: () => ({ docker, env, now, targets: { ntpServer: settings().ntpServer } }),
    openSink: blobSinks(env, settings, now, parts.remember),
    storage: createStorage({
      folder: variables['EDGE_SUPPORT_DATA'] || '/data',
      env,
      variables,
      settings,
      policy: settings,
      now,
      remember: parts.remember,
    }),
    nameBlob: createBlobNames(env, now),
  };

  const report = (patch: Readonly<Record<string, unknown>>) => {
    hub.report(patch).catch((error: unknown) => log.warning(`Reporting properties failed: ${messageOf(error)}`));
  };
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
  const state = { open: false };

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
      onTwinRead: twinRead.resolve,
      onDesired: (desired) => {
        config = resolveConfig(variables, desired);
        lastPolicy.keep(desired);
        logRefused();
        if (state.open) reportSettings();
      },
      onState: (hubState) => {
        state.open = hubState === 'open';
        if (!state.open) return;
        report({ version, methods: methods.map(({ name }) => name).join(',') });
        reportSettings();
      },
      onGiveUp: gaveUp.resolve,
    },
    log,
    () => channelOptions(settings()),
  );
  logRefused();
  return {
    log,
    gaveUp: gaveUp.promise,
    stop: async () => {
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

function blobSinks(
  env: Environment,
  policy: () => Policy,
  now: () => Date,
  remember: (secret: string) => void,
): OpenSink {
  return ({ sasUrl }) => {
    const container = readContainerSas(rewriteUpstream(sasUrl, env.parentHostname), now());
    forbidUploadHost(policy(), container.hostname);
    // A log may hold the URL as it was written or as it was read: with %2B and %3D, or with + and =.
    remember(container.searchParams.get('sig') ?? '');
    remember(/[?&]sig=([^&]*)/.exec(container.search)?.[1] ?? '');
    return openBlobSink(container);
  };
}
