import type { EdgeContainer } from '../facts/edge-containers.ts';
import { valueOf } from '../facts/fact.ts';
import type { ModuleEventsReading } from '../facts/module-events.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

const hourMs = 3_600_000;
/** So many ends with an error within an hour are a loop. */
const loop = 3;
/** Without them nothing works. */
const runtime = new Set(['edgeAgent', 'edgeHub']);

type Finding = { readonly severity: 'warning' | 'failed'; readonly text: string };

export const moduleRestarts = defineCheck({
  id: 'module-restarts',
  section: 'Field checks',
  title: 'modules run, and do not end again and again',
  needs: ['edgeContainers', 'moduleEvents', 'lastErrors'],
  judge({ edgeContainers, moduleEvents, lastErrors }, { now }): Verdict {
    if ('unavailable' in edgeContainers) return skippedFor(edgeContainers);
    const { containers } = edgeContainers.value;
    const events = valueOf(moduleEvents);
    const made = new Map(containers.map(({ name, createdAt }) => [name, Date.parse(createdAt)]));
    const ends = endsWithError(events, (name) => Math.max(now.getTime() - hourMs, made.get(name) ?? 0));
    const lines = valueOf(lastErrors)?.lines ?? {};
    const info = {
      not_running: containers.filter(({ state }) => state !== 'running').map(({ name, state }) => ({ name, state })),
      ends_with_error_in_last_hour: Object.fromEntries(ends),
      restarts_by_engine: Object.fromEntries(
        containers.filter(({ restartCount }) => restartCount > 0).map(({ name, restartCount }) => [name, restartCount]),
      ),
    };
    const findings = containers.flatMap((container) => {
      if (container.state === 'exited' && wasStopped(container.name, events) && !runtime.has(container.name)) return [];
      const found = findingOf(container, ends.get(container.name) ?? 0, now);
      const line = lines[container.name];
      return found
        ? [line === undefined ? found : { ...found, text: `${found.text} Its last error line: ${line}` }]
        : [];
    });
    if (findings.length === 0) return { status: 'ok', info };
    return {
      status: findings.some(({ severity }) => severity === 'failed') ? 'failed' : 'warning',
      details: findings.map(({ text }) => text),
      fix:
        'Read the log of the modules named with GetModuleLogs ' +
        '{"schemaVersion":"1.0","items":{"id":"NAME","filter":{"tail":200}},"contentType":"text"}, mend what it says ' +
        '(image, settings, what it connects to), or deploy the version before; a module that merely hangs is started ' +
        'anew with RestartModule.',
      info,
    };
  },
});

/** Ends that nobody asked for: whoever stops a container has the engine send it a signal first, which is an event too. */
function endsWithError(
  events: ModuleEventsReading | undefined,
  since: (name: string) => number,
): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  const signalled = new Set<string>();
  for (const { name, action, at, exitCode = 0 } of events?.events ?? []) {
    if (action === 'kill') signalled.add(name);
    if (action === 'start') signalled.delete(name);
    if (action === 'die' && at >= since(name) && exitCode !== 0 && !signalled.has(name)) {
      ends.set(name, (ends.get(name) ?? 0) + 1);
    }
  }
  return ends;
}

/** Whether a module that has ended was told to, as far as the engine remembers. */
function wasStopped(name: string, events: ModuleEventsReading | undefined): boolean {
  return (
    events?.events.findLast((event) => event.name === name && /^(?:start|stop)$/.test(event.action))?.action === 'stop'
  );
}

function findingOf(container: EdgeContainer, ends: number, now: Date): Finding | undefined {
  const { name, state, exitCode, restartCount, startedAt, finishedAt, error } = container;
  const code = `exit code ${exitCode}${meaningOf(exitCode)}`;
  const often = ends > 0 ? `, ${ends} time${ends === 1 ? '' : 's'} in the last hour` : '';
  if (state === 'restarting') {
    return {
      severity: 'failed',
      text: `${name} ends again and again (${code}) and waits to be started once more${often}.`,
    };
  }
  if (ends >= loop) {
    return {
      severity: 'failed',
      text: `${name} ended with an error ${ends} times in the last hour; it is ${state} now.`,
    };
  }
  const lately = now.getTime() - Date.parse(startedAt) < hourMs && Date.parse(finishedAt) > 0;
  if (state === 'running' && restartCount >= loop && lately) {
    return {
      severity: 'failed',
      text: `${name} was restarted ${restartCount} times by the engine, last at ${startedAt}.`,
    };
  }
  if (state === 'dead' || (state === 'exited' && exitCode !== 0 && exitCode !== 143)) {
    return { severity: 'failed', text: `${name} ended at ${finishedAt} with ${code}${often} and does not run.` };
  }
  if (state === 'created' && error !== undefined) {
    return { severity: 'failed', text: `${name} could not be started: ${error}` };
  }
  if (runtime.has(name) && state !== 'running') {
    return { severity: 'failed', text: `${name} does not run: it is ${state}.` };
  }
  if (state === 'paused')
    return { severity: 'warning', text: `${name} is paused: it does nothing until it is unpaused.` };
  return undefined;
}

/** What exit codes stand for: those above 128 are signals (bash(1), EXIT STATUS), the others the engine's own. */
function meaningOf(code: number): string {
  const meanings: Readonly<Record<number, string>> = {
    125: ', the engine could not run it',
    126: ', its command cannot be executed',
    127: ', its command was not found',
    134: ', aborted',
    137: ', killed',
    139: ', segmentation fault',
    143: ', told to end',
  };
  return meanings[code] ?? '';
}
