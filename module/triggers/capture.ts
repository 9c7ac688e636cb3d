import { constants } from 'node:os';
import { messageOf, SupportError } from '../base/errors.ts';
import type { Stage } from '../base/stage.ts';
import { learnSecrets } from '../bundle/learn.ts';
import { jsonBody } from '../collectors/json.ts';
import type { Environment } from '../config/environment.ts';
import type { Policy } from '../config/policy.ts';
import type { Settings } from '../config/settings.ts';
import type { ContainerInspect, Docker } from '../docker/docker.ts';
import { logOpener } from '../logs/logs.ts';
import { collectLosses } from '../logs/loss.ts';
import { maskContainer, secretsOf } from '../redact/container.ts';
import { type Account, deferred, type Redactor, type Scope, stricter, through } from '../redact/redact.ts';
import type { FailureFile } from '../storage/failures.ts';
import type { Failure } from './failure.ts';

export interface CaptureParts {
  readonly docker: Docker;
  readonly engineLogs: string;
  readonly env: Environment;
  readonly redactor: Redactor;
  readonly scope: Scope;
  /** Failures of this module for which nothing was captured since the last time. */
  readonly skippedBefore: number;
}

/** The newest lines of the log that are looked at, and the bytes of them, redacted, that are kept. */
const tailLines = 2000;
const tailBytes = 256 << 10;

/** What looking at the modules' environments for secrets may take; milliseconds. */
const learnMs = 5000;

/**
 * What there is of a container that failed: its inspect, the end of its log, and what is known of the failure. It may be
 * taken away at any moment, and another of its name take its place: it is asked for by its id, and both are opened before
 * anything else is done. What is gone by then is said to be. Undefined when its inspect shows that its end was ordered.
 */
export async function captureFailure(
  { docker, engineLogs, env, redactor, scope, skippedBefore }: CaptureParts,
  failure: Failure,
  signal: AbortSignal,
): Promise<readonly FailureFile[] | undefined> {
  const missing: string[] = [];
  const missed = (what: string) => (error: unknown) => {
    signal.throwIfAborted();
    const gone = error instanceof SupportError && error.code === 'not-found';
    missing.push(`${what}: ${gone ? 'the container was removed before it could be read' : messageOf(error)}`);
    return undefined;
  };
  const losses = collectLosses(missing);
  const open = logOpener({ docker, engineLogs }, failure.containerId, losses, signal);
  const [opened, inspect, learned] = await Promise.all([
    open({ tail: tailLines }, false).catch(missed('log.txt')),
    docker.inspect(failure.containerId, signal).catch(missed('inspect.json')),
    learnSecrets({ docker, env }, learnMs, signal),
  ]);
  if (inspect && isStopSignal(inspect, failure.signal)) return undefined;
  if (learned.lack !== undefined) missing.push(learned.lack);
  // Without its environment it is not known what is secret in its log.
  if (opened && !inspect) missing.push('log.txt: it was left out, since the secrets of this container are not known');
  const log = inspect && opened;
  const own = { redactor: redactor.with([...learned.secrets, ...(inspect ? secretsOf(inspect) : [])]), scope };
  const account: Account = new Map();
  let cut = false;
  const kept = lastBytes(tailBytes, () => {
    cut = true;
  });
  const about = () => ({
    ...failure,
    at: new Date(failure.at).toISOString(),
    ...(inspect?.State.OOMKilled ? { outOfMemory: true } : {}),
    ...(inspect ? { image: inspect.Config.Image, startedAt: inspect.State.StartedAt } : {}),
    log: `at most the last ${tailLines} lines${cut ? `, and of them the last ${tailBytes >> 10} KB` : ''}`,
    ...(missing.length > 0 ? { missing: [...missing].sort() } : {}),
    ...(skippedBefore > 0 ? { skippedBefore } : {}),
    redacted: Object.fromEntries(account),
  });
  return [
    ...(log ? [{ name: 'log.txt', body: through(own.redactor.stream(log.payload(), scope, account), kept) }] : []),
    ...(inspect
      ? [{ name: 'inspect.json', body: jsonBody([maskContainer(inspect, own.redactor, account)], own, { account }) }]
      : []),
    // Last: it tells what became of the others.
    { name: 'about.json', body: deferred(async () => jsonBody(about(), own, { account: new Map() })) },
  ];
}

/** What the owner has taken out of everything that is gathered. */
export function ownersScope({ bundleRedaction }: Settings, { minimumRedaction }: Policy): Scope {
  return stricter(bundleRedaction, minimumRedaction);
}

/** The end of a stream, from a line's beginning on. */
function lastBytes(most: number, onCut: () => void): Stage<Uint8Array, Uint8Array> {
  return async function* (source) {
    let parts: Uint8Array[] = [];
    let bytes = 0;
    let cut = false;
    for await (const part of source) {
      parts.push(part);
      bytes += part.length;
      if (bytes <= 2 * most) continue;
      const end = Buffer.concat(parts).subarray(-most);
      parts = [Buffer.from(end)];
      bytes = most;
      cut = true;
    }
    const all = Buffer.concat(parts);
    if (!cut && all.length <= most) {
      yield all;
      return;
    }
    onCut();
    const end = all.subarray(-most);
    yield end.subarray(end.indexOf(0x0a) + 1);
  };
}

/** Whether a signal is the one that ends this container in good order; the engine names it in several ways. */
function isStopSignal({ Config }: ContainerInspect, signal: number | undefined): boolean {
  const { StopSignal = '' } = Config as { readonly StopSignal?: string };
  if (signal === undefined || StopSignal === '') return false;
  const name = StopSignal.replace(/^(?!SIG)/i, 'SIG').toUpperCase();
  return Number(StopSignal) === signal || (constants.signals as Record<string, number>)[name] === signal;
}
