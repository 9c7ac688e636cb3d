import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from './base/errors.ts';
import { createLog, createRecent, formatLine } from './base/log.ts';
import { readEnvironment } from './config/environment.ts';
import { createLastPolicy } from './config/last-policy.ts';
import { readSecretFiles } from './config/secret-files.ts';
import { createEngine } from './docker/engine.ts';
import { addressOf } from './health/address.ts';
import { connectHub } from './hub/connect.ts';
import { createTally } from './metrics/tally.ts';
import { createModule } from './module.ts';
import { createKnownSecrets } from './redact/known.ts';
import { createRedactor } from './redact/redact.ts';
import type { CustomRule } from './redact/search.ts';

declare const EDGE_SUPPORT_VERSION: string;

/** SIGTERM must have ended everything before the engine's default patience of 10 s is over. */
const stopLimitMs = 9000;

/** So many of the newest lines of the log are kept for bundles: an engine that is gone has no others. */
const keptLines = 500;

/** Of so many rules it is counted how often they took something out; the built-in ones and 50 of the owner's are fewer. */
const redactionRules = 150;

// The device SDK calls url.parse(), and bundled code counts as ours: its deprecation is no news to an operator.
process.noDeprecation = true;

const version = typeof EDGE_SUPPORT_VERSION === 'undefined' ? '0.0.0-source' : EDGE_SUPPORT_VERSION;
const recent = createRecent(keptLines);
const write = (line: string) => {
  recent.keep(line);
  process.stdout.write(line);
};
const fail = (text: string): never => {
  write(`${formatLine('fatal', text, new Date())}\n`);
  process.exit(1);
};

const { iothubHostname, deviceId, moduleId } = readEnvironment(process.env);
if (iothubHostname === '' || deviceId === '' || moduleId === '') {
  fail('The IOTEDGE_* variables are not set: this program is a module that IoT Edge starts. For a trial: npm run sim.');
}

const { variables, refused } = readSecretFiles(process.env);
const dataFolder = process.env.EDGE_SUPPORT_DATA || '/data';
const known = createKnownSecrets(variables);
let rules: readonly CustomRule[] = [];
const redactions = createTally(redactionRules);
const redactor = createRedactor({
  key: redactionKey(dataFolder),
  known: known.list,
  custom: () => rules,
  counted: redactions.add,
});
const module = createModule({
  variables,
  refusedVariables: refused,
  version,
  docker: createEngine(process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'),
  redactor,
  redactions: redactions.counts,
  useRules: (own) => {
    rules = own;
  },
  remember: known.add,
  connect: (listener, ownLog, options) => connectHub({ variables, listener, log: ownLog, options }),
  lastPolicy: createLastPolicy(dataFolder),
  dataFolder,
  healthSocket: addressOf(process.env.EDGE_SUPPORT_HEALTH_SOCKET ?? '', moduleId),
  createLog: (level) => createLog({ level, write, clean: redactor.text }),
  recentLog: recent.lines,
  end: () => stop(),
  now: () => new Date(),
});
const { log } = module;

/** Ends everything and then the process: with status 0 when asked to, with 1 and `fault` as last line when not. */
function stop(fault?: string): void {
  setTimeout(() => fail(fault ?? 'Stopping took too long; ending now.'), stopLimitMs).unref();
  module.stop().then(
    () => {
      if (fault !== undefined) fail(fault);
      log.info('Stopped.');
      process.exit(0);
    },
    (error: unknown) => fail(fault ?? `Stopping failed: ${messageOf(error)}`),
  );
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info(`${signal} received, stopping.`);
    stop();
  });
}

void module.gaveUp.then((reason) => stop(redactor.text(`${reason} Ending, so that IoT Edge starts this module anew.`)));

// A fault that nobody caught must be seen and must not leave a half-working module: IoT Edge starts it again.
process.on('uncaughtException', (error) => fail(redactor.text(`Unexpected fault: ${error.stack ?? error.message}`)));

/** The key of the tokens that stand for secrets, made once per device and kept in the data folder where there is one. */
function redactionKey(folder: string): Buffer {
  const file = join(folder, 'redaction.key');
  try {
    const key = readFileSync(file);
    if (key.length === 32) return key;
  } catch {
    // Not there yet.
  }
  const key = randomBytes(32);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, key, { mode: 0o600 });
  } catch {
    // Without a data folder tokens are stable only until the next start.
  }
  return key;
}
