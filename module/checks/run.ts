import { messageOf, SupportError } from '../base/errors.ts';
import { describeMs } from '../base/time.ts';
import type { Missing, SkipReason, World } from '../facts/fact.ts';
import { type FactName, type Readings, readFacts } from '../facts/index.ts';
import {
  type Check,
  type CheckOptions,
  defaultCheckOptions,
  type Outcome,
  type Section,
  type Verdict,
} from './check.ts';
import { choose, type Selection } from './choose.ts';

/** What a run is asked for. */
export interface RunRequest {
  readonly world: World;
  readonly select?: Selection;
  /** The whole run's limit; 20 by default. What is not known by then is skipped with reason `deadline`. */
  readonly timeoutSecs?: number;
  /** No single fact gets longer than this; 10 by default. */
  readonly factLimitSecs?: number;
  /** Reports every warning as an error. */
  readonly warningsAsErrors?: boolean;
  readonly options?: Partial<CheckOptions>;
  /** Cancels the run, which then rejects. */
  readonly signal?: AbortSignal;
}

/** Everything that a run found: its JSON, its text, its metrics and its place in the bundle are renderings of this. */
export interface CheckRun {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** In the order of the registry. */
  readonly results: readonly CheckResult[];
  /** What was read for it. */
  readonly readings: Partial<Readings>;
}

/** One check's verdict with what a reader needs beside it. */
export interface CheckResult {
  readonly id: string;
  readonly section: Section;
  readonly title: string;
  readonly outcome: Exclude<Outcome, 'fatal'>;
  /** Of warnings and errors: outermost message first, root cause last. */
  readonly details: readonly string[];
  /** What to do about a warning or error. */
  readonly advice?: string;
  /** Why a check was skipped, and the same in a sentence; an ignored one has the sentence only. */
  readonly reason?: SkipReason;
  readonly why?: string;
  readonly info: Readonly<Record<string, unknown>>;
  readonly iotedgeCheck?: Outcome;
  /** From the run's start of reading to the verdict. */
  readonly durationMs: number;
}

/** Read in every run, as the answer's head shows them: local files only. */
const always: readonly FactName[] = ['system'];

/**
 * Reads the facts that the selected checks need, judges them, and reports in the order of `all`.
 * Throws a SupportError `bad-request` for a name that no check has; rejects otherwise only when `signal` is aborted.
 */
export async function runSelected(all: readonly Check[], request: RunRequest): Promise<CheckRun> {
  const { world, select = {}, timeoutSecs = 20, factLimitSecs = 10, warningsAsErrors = false, signal } = request;
  const { chosen, dontRun } = choose(all, select);

  const startedAt = world.now();
  const options = { ...defaultCheckOptions, now: startedAt, ...request.options };
  const started = performance.now();
  const names = new Set(chosen.filter(({ id }) => !dontRun.has(id)).flatMap(({ needs }) => needs));
  const limits = { allMs: timeoutSecs * 1000, factMs: factLimitSecs * 1000 };
  const readings = await readUntil([...always, ...names], world, limits, signal);
  signal?.throwIfAborted();

  const results = judgeAll(chosen, readings, options, { dontRun, warningsAsErrors });
  return { startedAt, durationMs: Math.round(performance.now() - started), results, readings };
}

/** How results are told beside their verdicts. */
export interface Telling {
  /** Checks that are listed as ignored, by their ids. */
  readonly dontRun?: ReadonlySet<string>;
  readonly warningsAsErrors?: boolean;
}

/** Judges readings, those of now or of a bundle from the field: in the order of the checks, a result for each. */
export function judgeAll(
  checks: readonly Check[],
  readings: Partial<Readings>,
  options: CheckOptions,
  { dontRun = new Set(), warningsAsErrors = false }: Telling = {},
): readonly CheckResult[] {
  return checks.map((check) => {
    const verdict: Verdict = dontRun.has(check.id)
      ? { status: 'ignored', why: 'It is listed in dontRun.' }
      : judge(check, readings, options);
    return resultOf(check, verdict, tookMs(check, readings), warningsAsErrors);
  });
}

/** Reads facts with a limit for all of them together and one for each, in milliseconds. */
async function readUntil(
  names: readonly FactName[],
  world: World,
  { allMs, factMs }: { readonly allMs: number; readonly factMs: number },
  outer: AbortSignal | undefined,
): Promise<Readings> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new SupportError('timeout', `The run's limit of ${describeMs(allMs)} (timeoutSecs) was over.`));
  }, allMs);
  const signal = outer ? AbortSignal.any([deadline.signal, outer]) : deadline.signal;
  try {
    // Under a short limit facts end a little earlier by themselves, with what they have.
    return await readFacts(names, world, { limitMs: Math.min(factMs, allMs * 0.95), signal });
  } finally {
    clearTimeout(timer);
  }
}

/** One bad check never spoils the others: what it throws is its own error. */
function judge(check: Check, readings: Partial<Readings>, options: CheckOptions): Verdict {
  // What nobody looked for is no fault of the device.
  if (check.needs.length > 0 && check.needs.every((name) => readings[name] === undefined)) {
    return { status: 'skipped', reason: notRead.unavailable, why: notRead.why };
  }
  try {
    const needed = Object.fromEntries(check.needs.map((name) => [name, readings[name] ?? notRead]));
    return check.judge(needed as unknown as Readings, options);
  } catch (error) {
    return {
      status: 'failed',
      details: [messageOf(error)],
      fix: 'This is a fault of edge-support, not of the device: please report it with this message.',
    };
  }
}

/** Of a bundle by an older version, or by another program. */
const notRead: Missing = { unavailable: 'unknown', why: 'It was not read.' };

function tookMs(check: Check, readings: Partial<Readings>): number {
  return Math.max(0, ...check.needs.map((name) => readings[name]?.tookMs ?? 0));
}

const outcomes = { ok: 'ok', warning: 'warning', failed: 'error', ignored: 'ignored', skipped: 'skipped' } as const;

function resultOf(check: Check, verdict: Verdict, durationMs: number, warningsAsErrors: boolean): CheckResult {
  const { id, section, title } = check;
  const told = verdict.status === 'warning' || verdict.status === 'failed';
  const outcome = outcomes[verdict.status];
  return {
    id,
    section,
    title,
    outcome: warningsAsErrors && outcome === 'warning' ? 'error' : outcome,
    details: told ? verdict.details : [],
    ...(told ? { advice: verdict.fix } : {}),
    ...(verdict.status === 'skipped' ? { reason: verdict.reason } : {}),
    ...('why' in verdict ? { why: verdict.why } : {}),
    info: verdict.info ?? {},
    ...(verdict.iotedgeCheck ? { iotedgeCheck: verdict.iotedgeCheck } : {}),
    durationMs,
  };
}
