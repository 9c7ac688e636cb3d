import type * as z from 'zod/mini';
import { logLevels } from '../base/log.ts';
import { choice, duration, flag, formed, integer, list, name, text } from './values.ts';

/**
 * One setting: everything about it stands here once. Precedence is twin over environment over default; for an owner's
 * restriction (`strictest`) the stricter of twin and environment holds, and a value that cannot be read closes.
 */
export interface Setting<S extends z.ZodMiniType = z.ZodMiniType> {
  /** Environment variable; lists are written with commas. */
  readonly env: string;
  /** Path in the module twin's desired properties, dots between levels; none for what only the device knows. */
  readonly twin?: string;
  readonly schema: S;
  readonly fallback: z.infer<S>;
  readonly about: string;
  /** Belongs into the environment or into a file that `<env>_FILE` names, not into the twin. */
  readonly secret?: true;
  /** Marks a restriction: picks the stricter of two values. */
  strictest?(a: z.infer<S>, b: z.infer<S>): z.infer<S>;
  /** What holds when a restriction's value cannot be read. */
  readonly closed?: z.infer<S>;
}

const define = <S extends z.ZodMiniType>(setting: Setting<S>): Setting<S> => setting;

/** `*` in a list of names stands for every name. */
const everything = '*';

/** Whether a pattern of an owner's list stands for this name or pattern: itself in any case, `*`, or `*.suffix`. */
export function covers(pattern: string, name: string): boolean {
  const [own, other] = [pattern.toLowerCase(), name.toLowerCase()];
  return own === everything || own === other || (own.startsWith('*.') && other.endsWith(own.slice(1)));
}

/** Of redaction, the weakest first. */
const levels = ['known', 'all', 'strict'];

/** What two lists of allowed names have in common. */
const both = (a: string[], b: string[]) => [
  ...a.filter((one) => b.some((other) => covers(other, one))),
  ...b.filter((one) => a.some((other) => covers(other, one) && !covers(one, other))),
];

/** Room for whoever polls or pages; what is work for the device is done now and then. */
const usualCallRates = [
  '*=60',
  'Ping=3000',
  'GetTaskStatus=600',
  'GetModuleLogs=600',
  'DownloadArchive=3000',
  'RunCheck=30',
  'UploadModuleLogs=30',
  'UploadSupportBundle=20',
  'RestartModule=30',
  'RestartRuntime=6',
  'PruneEngine=15',
  'RecreateModules=15',
];

/** The method and the number in METHOD=CALLS. */
export function readRate(rate: string): readonly [method: string, calls: number] {
  const [method = '', calls] = rate.split('=');
  return [method, Number(calls)];
}

/** How many calls a minute a list of METHOD=CALLS has for a method; undefined when no entry stands for it. */
export function callsPerMinute(rates: readonly string[], method: string): number | undefined {
  const all = rates.map(readRate);
  const named = all.filter(([name]) => name.toLowerCase() === method.toLowerCase());
  const found = named.length > 0 ? named : all.filter(([name]) => name === everything);
  return found.length === 0 ? undefined : Math.min(...found.map(([, calls]) => calls));
}

/** The list that has for every method the smaller of two lists' numbers. */
function strictestRates(a: string[], b: string[]): string[] {
  const names = new Map([...a, ...b].map((rate) => [readRate(rate)[0].toLowerCase(), readRate(rate)[0]]));
  return [...names.values()].map((name) => {
    const both = [a, b].flatMap((rates) => callsPerMinute(rates, name) ?? []);
    return `${name}=${Math.min(...both)}`;
  });
}

/** Every setting there is, in the order of the documentation. */
export const settings = {
  logLevel: define({
    env: 'RuntimeLogLevel',
    twin: 'logLevel',
    schema: choice(...logLevels),
    fallback: 'info',
    about: 'How much this module logs: fatal, error, warning, info, debug or verbose.',
  }),
  methodTimeoutSecs: define({
    env: 'EDGE_SUPPORT_METHOD_TIMEOUT_SECS',
    twin: 'methodTimeoutSecs',
    schema: integer(1, 290),
    fallback: 20,
    about: 'Seconds within which a direct method is answered; IoT Hub itself waits 5 to 300 s, 30 s by default.',
  }),
  taskTimeoutSecs: define({
    env: 'EDGE_SUPPORT_TASK_TIMEOUT_SECS',
    twin: 'taskTimeoutSecs',
    schema: integer(10, 86_400),
    fallback: 1800,
    about: 'Seconds after which an upload that runs in the background is ended.',
  }),
  ntpServer: define({
    env: 'EDGE_SUPPORT_NTP_SERVER',
    twin: 'ntpServer',
    schema: text(),
    fallback: 'pool.ntp.org:123',
    about: 'The NTP server (host:port) that the check host-local-time asks.',
  }),
  latestVersionsUrl: define({
    env: 'EDGE_SUPPORT_LATEST_VERSIONS_URL',
    twin: 'latestVersionsUrl',
    schema: text(),
    fallback: 'https://aka.ms/azure-iotedge-latest-versions',
    about: "Where the newest versions of IoT Edge's packages are listed, as `iotedge check` reads them.",
  }),
  probeImage: define({
    env: 'EDGE_SUPPORT_PROBE_IMAGE',
    schema: text(),
    fallback: '',
    about:
      'The image of helper containers when this module does not run in a container itself; otherwise its own is taken.',
  }),
  hostRoot: define({
    env: 'EDGE_SUPPORT_HOST_ROOT',
    schema: text(),
    fallback: '',
    about: "What stands before the device's paths on the engine's host; only a simulated host has such a folder.",
  }),
  engineLogs: define({
    env: 'EDGE_SUPPORT_ENGINE_LOGS',
    schema: text(),
    fallback: '/var/lib/docker/containers',
    about:
      "The engine's container directory, bound into this module read-only: json-file logs are then read from there, which is faster. Without it the engine is asked.",
  }),
  logUploadRedaction: define({
    env: 'EDGE_SUPPORT_LOG_UPLOAD_REDACTION',
    twin: 'logUploadRedaction',
    schema: choice('known', 'all', 'strict'),
    fallback: 'known',
    about:
      'What is taken out of logs that are uploaded or returned as they are: the secrets this module knows, all that look like one, or (strict) e-mail and public IP addresses too.',
  }),
  bundleRedaction: define({
    env: 'EDGE_SUPPORT_BUNDLE_REDACTION',
    twin: 'bundleRedaction',
    schema: choice('known', 'all', 'strict'),
    fallback: 'all',
    about: 'The same for support bundles; a request can only ask for more.',
  }),
  redactionRules: define({
    env: 'EDGE_SUPPORT_REDACTION_RULES',
    twin: 'redactionRules',
    schema: list(formed(/^[\w.-]{1,40}=\s*\S/, 'NAME=PATTERN, such as "serial=PLC-[0-9]{6}"')),
    fallback: [],
    about:
      "Rules of the owner for what else is taken out, NAME=PATTERN each, in RE2's language; of a pattern with a group what is in it. In the environment a pattern can hold no comma.",
    strictest: (a, b) => [...new Set([...a, ...b])],
    closed: [],
  }),
  channelTransport: define({
    env: 'EDGE_SUPPORT_CHANNEL_TRANSPORT',
    twin: 'channel.transport',
    schema: choice('mqtt', 'mqttws'),
    fallback: 'mqtt',
    about:
      'How edgeHub is reached: mqtt (port 8883) or mqttws (WebSockets, port 443). Holds from the next connection on.',
  }),
  channelProbeEvery: define({
    env: 'EDGE_SUPPORT_CHANNEL_PROBE_EVERY',
    twin: 'channel.probeEvery',
    schema: duration(1, 3600),
    fallback: 180,
    about: 'How often the connection proves that it still hears: a twin round trip and a call of its own Ping.',
  }),
  channelFallback: define({
    env: 'EDGE_SUPPORT_CHANNEL_FALLBACK',
    twin: 'channel.fallback',
    schema: flag(),
    fallback: true,
    about: 'Whether the module connects to IoT Hub (or the parent) itself while edgeHub does not answer.',
  }),
  channelFallbackAfter: define({
    env: 'EDGE_SUPPORT_CHANNEL_FALLBACK_AFTER',
    twin: 'channel.fallbackAfter',
    schema: duration(1, 86_400),
    fallback: 300,
    about: 'How long edgeHub must have failed before that.',
  }),
  channelGiveUpAfter: define({
    env: 'EDGE_SUPPORT_CHANNEL_GIVE_UP_AFTER',
    twin: 'channel.giveUpAfter',
    schema: duration(10, 604_800),
    fallback: 1800,
    about: 'After so long without any working connection the module ends, so that IoT Edge starts it anew.',
  }),
  storageSasUrl: define({
    env: 'EDGE_SUPPORT_STORAGE_SAS_URL',
    twin: 'storage.sasUrl',
    schema: text(),
    fallback: '',
    about: 'Where uploads go when a request names no sasUrl: the URL of a container with a SAS (create and write).',
    secret: true,
  }),
  storageConnectionString: define({
    env: 'EDGE_SUPPORT_STORAGE_CONNECTION_STRING',
    twin: 'storage.connectionString',
    schema: text(),
    fallback: '',
    about: 'The same as a connection string (Azurite, Blob Storage on IoT Edge); see storage.container.',
    secret: true,
  }),
  storageAccountUrl: define({
    env: 'EDGE_SUPPORT_STORAGE_ACCOUNT_URL',
    twin: 'storage.accountUrl',
    schema: text(),
    fallback: '',
    about:
      "The same as an account's URL; the credential is that of Azure Arc or a service principal in the environment.",
  }),
  storageContainer: define({
    env: 'EDGE_SUPPORT_STORAGE_CONTAINER',
    twin: 'storage.container',
    schema: name(),
    fallback: 'edge-support',
    about: 'The container for storage.connectionString and storage.accountUrl; it must exist.',
  }),
  storageKeepFor: define({
    env: 'EDGE_SUPPORT_STORAGE_KEEP_FOR',
    twin: 'storage.keepFor',
    schema: duration(60, 2_592_000),
    fallback: 604_800,
    about: 'How long an archive waits on the device for storage that cannot be reached.',
  }),
  storageSpoolMegabytes: define({
    env: 'EDGE_SUPPORT_STORAGE_SPOOL_MEGABYTES',
    twin: 'storage.spoolMegabytes',
    schema: integer(0, 1_000_000),
    fallback: 512,
    about:
      'Room for archives in the data folder; never more than a tenth of what is free on its disk. Archives of ended tasks make way for new ones.',
  }),
  storageKilobytesPerSecond: define({
    env: 'EDGE_SUPPORT_STORAGE_KILOBYTES_PER_SECOND',
    twin: 'storage.kilobytesPerSecond',
    schema: integer(0, 10_000_000),
    fallback: 0,
    about: 'The most that uploads may take of the link, all together; 0 is no limit.',
  }),
  metricsPort: define({
    env: 'EDGE_SUPPORT_METRICS_PORT',
    twin: 'metrics.port',
    schema: integer(0, 65_535),
    fallback: 9600,
    about: "The port of this module's own metrics, http://<module>:9600/metrics (docs/metrics.md); 0 is none.",
  }),
  restartCooldown: define({
    env: 'EDGE_SUPPORT_RESTART_COOLDOWN',
    twin: 'restartCooldown',
    schema: duration(0, 86_400),
    fallback: 10,
    about: 'How long after a restart by this module the same module is not restarted again.',
  }),
  collectOnFailure: define({
    env: 'EDGE_SUPPORT_COLLECT_ON_FAILURE',
    twin: 'collectOnFailure.enabled',
    schema: flag(),
    fallback: false,
    about:
      'Whether the end of the log and the inspect of a module are kept on the device when it dies, runs out of memory or turns unhealthy; they are in every bundle.',
  }),
  collectOnFailureUpload: define({
    env: 'EDGE_SUPPORT_COLLECT_ON_FAILURE_UPLOAD',
    twin: 'collectOnFailure.upload',
    schema: flag(),
    fallback: false,
    about: 'Whether that is uploaded by itself, too: a small zip to the storage of these settings.',
  }),
  collectOnFailurePerHour: define({
    env: 'EDGE_SUPPORT_COLLECT_ON_FAILURE_PER_HOUR',
    twin: 'collectOnFailure.perHour',
    schema: integer(1, 20),
    fallback: 3,
    about: 'How often within an hour the same module is captured, all together 20 times; more are only counted.',
  }),
  collectOnFailureMegabytes: define({
    env: 'EDGE_SUPPORT_COLLECT_ON_FAILURE_MEGABYTES',
    twin: 'collectOnFailure.megabytes',
    schema: integer(0, 10_000),
    fallback: 20,
    about:
      'Room for it in the data folder; never more than a tenth of what is free on its disk. The oldest make way, also beyond 200.',
  }),
  allowedMethods: define({
    env: 'EDGE_SUPPORT_ALLOWED_METHODS',
    twin: 'policy.allowedMethods',
    schema: list(name()),
    fallback: [everything],
    about: 'Direct methods that may be called; * for all.',
    strictest: both,
    closed: ['Ping'],
  }),
  callsPerMinute: define({
    env: 'EDGE_SUPPORT_CALLS_PER_MINUTE',
    twin: 'policy.callsPerMinute',
    schema: list(
      formed(
        /^(?:\*|[A-Za-z]\w{0,63})=(?:100000|[1-9]\d{0,4})$/,
        'METHOD=CALLS with 1 to 100000 calls a minute, such as "RunCheck=6" or "*=60"',
      ),
    ),
    fallback: usualCallRates,
    about:
      'How often a direct method may be called, METHOD=CALLS a minute; *=CALLS for those that are not named. So many calls may also come at once. Methods that no entry stands for keep their default. Repeats of a request (requestId) do not count, nor do calls of methods that are not allowed and calls with a payload that cannot be read.',
    strictest: strictestRates,
    closed: ['*=1'],
  }),
  restartableModules: define({
    env: 'EDGE_SUPPORT_RESTARTABLE_MODULES',
    twin: 'policy.restartableModules',
    schema: list(name()),
    fallback: [everything],
    about: 'Modules that may be restarted or changed at all; * for all. protectedModules are taken from them.',
    strictest: both,
    closed: [],
  }),
  protectedModules: define({
    env: 'EDGE_SUPPORT_PROTECTED_MODULES',
    twin: 'policy.protectedModules',
    schema: list(name()),
    fallback: [],
    about: 'Modules that no method may restart or change; * for all.',
    strictest: (a, b) => [...new Set([...a, ...b])],
    closed: [everything],
  }),
  destructiveMethods: define({
    env: 'EDGE_SUPPORT_DESTRUCTIVE_METHODS',
    twin: 'policy.destructiveMethods',
    schema: list(name()),
    fallback: [],
    about:
      'Methods that may take something away for good: CleanModuleLogs (with remove), PruneEngine, RecreateModules; * for all. Their dry runs are always allowed.',
    strictest: both,
    closed: [],
  }),
  hostAccess: define({
    env: 'EDGE_SUPPORT_HOST_ACCESS',
    twin: 'policy.hostAccess',
    schema: flag(),
    fallback: true,
    about:
      'Whether short-lived helper containers may be started: on the network of the host, with its configuration bound read-only, and on the default bridge.',
    strictest: (a, b) => a && b,
    closed: false,
  }),
  uploadHosts: define({
    env: 'EDGE_SUPPORT_UPLOAD_HOSTS',
    twin: 'policy.uploadHosts',
    schema: list(name()),
    fallback: [everything],
    about: 'Hosts to which may be uploaded: names, or *.suffix for all below one; * for all.',
    strictest: both,
    closed: [],
  }),
  httpsOnly: define({
    env: 'EDGE_SUPPORT_HTTPS_ONLY',
    twin: 'policy.httpsOnly',
    schema: flag(),
    fallback: false,
    about: 'Whether uploads over plain http are refused.',
    strictest: (a, b) => a || b,
    closed: true,
  }),
  minimumRedaction: define({
    env: 'EDGE_SUPPORT_MINIMUM_REDACTION',
    twin: 'policy.minimumRedaction',
    schema: choice('known', 'all', 'strict'),
    fallback: 'known',
    about: 'The least that is taken out of anything that leaves the device; see logUploadRedaction.',
    strictest: (a, b) => (levels.indexOf(a) > levels.indexOf(b) ? a : b),
    closed: 'strict',
  }),
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
/** The value of every setting. */
export type Settings = { readonly [K in SettingName]: z.infer<(typeof settings)[K]['schema']> };
