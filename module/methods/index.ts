import { type ErrorCode, SupportError } from '../base/errors.ts';
import { stopwatch, within } from '../base/time.ts';
import { forbidMethod } from '../config/policy.ts';
import type { MethodAnswer, MethodCall } from '../hub/hub.ts';
import type { TaskKind } from '../tasks/task.ts';
import { longestOutcome, requestHash } from './audit.ts';
import { byHand } from './by-hand.ts';
import { cancelTask } from './cancel-task.ts';
import { captureMessages } from './capture-messages.ts';
import { cleanModuleLogs } from './clean-module-logs.ts';
import { createDescribe } from './describe.ts';
import { downloadArchive } from './download-archive.ts';
import { getMetrics } from './get-metrics.ts';
import { getModuleLogs } from './get-module-logs.ts';
import { getSystemLogs } from './get-system-logs.ts';
import { getSystemStatus } from './get-system-status.ts';
import { getTaskStatus } from './get-task-status.ts';
import { listChecks } from './list-checks.ts';
import { listModulesMethod } from './list-modules.ts';
import { listTasks } from './list-tasks.ts';
import type { Answer, Method, Services } from './method.ts';
import { readPayload, validate } from './payload.ts';
import { ping } from './ping.ts';
import { pruneEngine } from './prune-engine.ts';
import { recreateModules } from './recreate-modules.ts';
import { otherRequest, type Repeat, readRepeat } from './repeats.ts';
import { restartModule } from './restart-module.ts';
import { restartRuntime } from './restart-runtime.ts';
import { resumeTask } from './resume-task.ts';
import { runCheck } from './run-check.ts';
import { setLogLevel } from './set-log-level.ts';
import { uploadModuleLogs } from './upload-module-logs.ts';
import { uploadSupportBundle } from './upload-support-bundle.ts';

/** Every direct method, in the order in which they are listed to people. */
export const methods: readonly Method[] = [
  ping,
  runCheck,
  listChecks,
  listModulesMethod,
  getSystemStatus,
  getSystemLogs,
  getMetrics,
  captureMessages,
  getModuleLogs,
  uploadModuleLogs,
  uploadSupportBundle,
  getTaskStatus,
  listTasks,
  cancelTask,
  resumeTask,
  downloadArchive,
  restartModule,
  restartRuntime,
  cleanModuleLogs,
  pruneEngine,
  recreateModules,
  setLogLevel,
  ...byHand,
  createDescribe(() => methods),
];

/** The one place where errors become statuses. */
const statuses: Readonly<Record<ErrorCode, number>> = {
  'bad-request': 400,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 400,
  busy: 429,
  timeout: 504,
  unavailable: 503,
};

/** IoT Hub takes an answer of at most 128 KB. */
const largestAnswer = 128 * 1024;

/** Answers one call: never rejects, always exactly one answer, and one audit line in the log. */
export async function dispatch(call: MethodCall, services: Services, known = methods): Promise<MethodAnswer> {
  const elapsed = stopwatch();
  const method = known.find(({ name }) => name.toLowerCase() === call.name.toLowerCase());
  const name = method?.name ?? 'unknown';
  const answer = await answerTo(call, method, services, known).catch((error: unknown) =>
    failure(error, name, services),
  );
  record(call, name, answer, elapsed(), services);
  return answer;
}

/** One line in the log and one in the audit journal, neither with the payload, and the metrics. */
function record(
  call: MethodCall,
  method: string,
  { status, body }: MethodAnswer,
  seconds: number,
  { log, redactor, audit, metrics, now }: Services,
): void {
  const { message = '', correlationId } = (body ?? {}) as {
    readonly message?: string;
    readonly correlationId?: string;
  };
  const outcome = status === 200 ? 'ok' : `refused ${JSON.stringify(message)}`;
  metrics.called(method, status, seconds);
  log.info(redactor.text(`[Audit] method=${method} status=${status} seconds=${seconds} outcome=${outcome}`));
  audit.record({
    time: now().toISOString(),
    method,
    request: requestHash(call.payload),
    status,
    seconds,
    outcome: redactor.text(outcome).slice(0, longestOutcome),
    ...(status === 200 && correlationId !== undefined ? { task: correlationId } : {}),
  });
}

/** What the methods do in the background, as tasks know it. */
export function taskKinds(services: Services, known = methods): readonly TaskKind[] {
  return known.flatMap(({ name, task: background }): TaskKind[] => {
    if (!background) return [];
    const { operation, lane, work, recover } = background;
    return [
      {
        method: name,
        operation,
        ...(lane ? { lane } : {}),
        ...(work ? { work: (request, task) => work({ request: request as never, services, task }) } : {}),
        ...(recover ? { recover: (notes, task) => recover({ notes, services, task }) } : {}),
      },
    ];
  });
}

async function answerTo(
  call: MethodCall,
  method: Method | undefined,
  services: Services,
  known: readonly Method[],
): Promise<MethodAnswer> {
  if (call.name.trim() === '') throw new SupportError('bad-request', 'Command name is null or whitespace.');
  if (!method) {
    const names = known.map(({ name }) => name).join(',');
    throw new SupportError('bad-request', `Command '${call.name}' not found. The supported commands are - ${names}`);
  }
  forbidMethod(services.policy(), method.name);
  const json = method.request ? readPayload(method, call.payload) : undefined;
  const repeat = { ...readRepeat(method.name, json), payloadHash: requestHash(call.payload) };
  const answer = async () => {
    try {
      // Answers leave through redaction: an engine or storage error likes to quote what it was given.
      const body = services.redactor.json(await run(method, json, repeat, services), method.answerScope);
      assertFits(body);
      return { status: 200, body };
    } catch (error) {
      return failure(error, method.name, services);
    }
  };
  // What only looks is looked at again: who polls wants to know how it is now.
  const changesSomething = !method.task?.looks && (method.task?.work ?? method.task?.recover);
  return changesSomething ? services.repeats.once(repeat, answer) : answer();
}

async function run(method: Method, json: unknown, repeat: Repeat, services: Services): Promise<unknown> {
  const request = validate(method, json, services.log) as never;
  const { settings, tasks } = services;
  const earlier = repeat.requestId === undefined ? undefined : tasks.byRequest(repeat.requestId);
  if (earlier) {
    if (earlier.requestHash !== repeat.requestHash) throw otherRequest(repeat.requestId ?? '');
    return tasks.status(earlier.id);
  }
  // Only what is begun counts: a repeat gets the answer that there is, a refusal costs nothing.
  services.callRate.take(method.name);
  const { methodTimeoutSecs, taskTimeoutSecs } = settings();
  const limitMs = methodTimeoutSecs * 1000;
  if (!method.task || (method.task.work && !method.task.looks)) {
    return within(limitMs, method.name, (signal) => method.handle({ request, services, signal, repeat }));
  }
  // What goes on is written down, but for the SAS.
  const { sasUrl, ...plain } = request as { readonly sasUrl?: string };
  const ask = { method: method.name, request: plain, sasUrl, timeoutSecs: taskTimeoutSecs, ...repeat };
  const attempted = await tasks.attempt(ask, limitMs, (task) =>
    method.handle({ request, services, signal: task.signal, repeat, task }),
  );
  return 'task' in attempted ? attempted.task : (attempted.answer as Answer);
}

function assertFits(body: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(body) ?? '');
  if (bytes <= largestAnswer) return;
  throw new SupportError(
    'too-large',
    `The answer has ${bytes} bytes; a direct method carries at most ${largestAnswer}.`,
  );
}

/** A refusal may quote what came, which may itself be as large as IoT Hub allows: longer messages are cut. */
const longestMessage = 8000;

/** What an error is answered with. One without a code is a bug: no internals in the answer, the stack in the log. */
function failure(error: unknown, method: string, { redactor, log }: Pick<Services, 'redactor' | 'log'>): MethodAnswer {
  if (error instanceof SupportError) {
    const message = redactor.text(error.message);
    const shown = message.length > longestMessage ? `${message.slice(0, longestMessage - 3)}...` : message;
    return { status: statuses[error.code], body: { message: shown } };
  }
  const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log.error(redactor.text(`[Method] ${method} failed. fault=${fault}`));
  return { status: 500, body: { message: 'Internal error. The log of this module has the details.' } };
}
