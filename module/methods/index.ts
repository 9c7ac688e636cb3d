import type * as z from 'zod/mini';
import { type ErrorCode, messageOf, SupportError } from '../base/errors.ts';
import { stopwatch, within } from '../base/time.ts';
import { forbidMethod } from '../config/policy.ts';
import { firstProblem } from '../config/values.ts';
import type { MethodAnswer, MethodCall } from '../hub/hub.ts';
import { downloadArchive } from './download-archive.ts';
import { getModuleLogs } from './get-module-logs.ts';
import { getTaskStatus } from './get-task-status.ts';
import type { Method, Services } from './method.ts';
import { ping } from './ping.ts';
import { restartModule } from './restart-module.ts';
import { runCheck } from './run-check.ts';
import { checkSchemaVersion } from './schema-version.ts';
import { uploadModuleLogs } from './upload-module-logs.ts';
import { uploadSupportBundle } from './upload-support-bundle.ts';

/** Every direct method, in the order in which they are listed to people. */
export const methods: readonly Method[] = [
  ping,
  runCheck,
  getModuleLogs,
  uploadModuleLogs,
  uploadSupportBundle,
  getTaskStatus,
  downloadArchive,
  restartModule,
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
  let answer: MethodAnswer;
  let fault = '';
  try {
    // Answers leave through redaction: an engine or storage error likes to quote what it was given.
    const body = services.redactor.json(await handle(call, method, services, known), method?.answerScope);
    assertFits(body);
    answer = { status: 200, body };
  } catch (error) {
    answer = failure(error, services.redactor);
    fault = answer.status === 500 ? ` fault=${error instanceof Error ? (error.stack ?? error.message) : error}` : '';
  }
  const name = method?.name ?? 'unknown';
  const outcome =
    answer.status === 200 ? 'ok' : `refused ${JSON.stringify((answer.body as { message: string }).message)}`;
  const line = `[Audit] method=${name} status=${answer.status} seconds=${elapsed()} outcome=${outcome}`;
  services.log.info(services.redactor.text(line));
  if (fault) services.log.error(services.redactor.text(`[Method] ${name} failed.${fault}`));
  return answer;
}

async function handle(call: MethodCall, method: Method | undefined, services: Services, known: readonly Method[]) {
  if (call.name.trim() === '') throw new SupportError('bad-request', 'Command name is null or whitespace.');
  if (!method) {
    const names = known.map(({ name }) => name).join(',');
    throw new SupportError('bad-request', `Command '${call.name}' not found. The supported commands are - ${names}`);
  }
  forbidMethod(services.policy(), method.name);
  const request = method.request ? parseRequest(method, method.request, call.payload, services) : undefined;
  const limitMs = services.settings().methodTimeoutSecs * 1000;
  return within(limitMs, method.name, (signal) => method.handle({ request: request as never, services, signal }));
}

/** The payload's JSON, validated; every problem is a 400 in edgeAgent's words, naming the field. */
export function parseRequest(
  method: Pick<Method, 'name' | 'schemaContext' | 'payloadOptional'>,
  schema: z.ZodMiniType,
  payload: Buffer | undefined,
  services: Pick<Services, 'log'>,
): unknown {
  if (payload === undefined && !method.payloadOptional) {
    throw new SupportError('bad-request', 'Request payload not found');
  }
  const nothing = method.payloadOptional && !payload?.length;
  const json = nothing ? {} : readJson(payload?.toString('utf8') ?? '');
  const result = schema.safeParse(json === null && method.payloadOptional ? {} : json);
  if (!result.success) throw refusal(firstProblem(result.error));
  const version = (result.data as { schemaVersion?: string }).schemaVersion;
  if (method.schemaContext && version !== undefined && checkSchemaVersion(version, method.schemaContext).differs) {
    services.log.warning(`${method.name}: the ${method.schemaContext} version ${version} differs from 1.0.`);
  }
  return result.data;
}

/** JSON as edgeAgent reads it: a trailing comma is tolerated (Microsoft's own page has an example with one). */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    try {
      // A string without an end is taken up to the end: tried from each of its quotes it would take quadratic time.
      return JSON.parse(text.replace(/("(?:[^"\\]|\\.)*(?:"|\\?$))|,(?=\s*[}\]])/gs, '$1'));
    } catch {
      // V8 quotes what stands around the fault, which may be a piece of a secret too short to be recognised.
      const where = messageOf(error).replace(/, (?:\.\.\.)?".*" is not valid JSON$/s, '');
      throw refusal(`the payload is not valid JSON: ${where}`);
    }
  }
}

const refusal = (problem: string) =>
  new SupportError('bad-request', `Error parsing command payload because of error - ${problem}`);

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

function failure(error: unknown, redactor: Services['redactor']): MethodAnswer {
  if (error instanceof SupportError) {
    const message = redactor.text(error.message);
    const shown = message.length > longestMessage ? `${message.slice(0, longestMessage - 3)}...` : message;
    return { status: statuses[error.code], body: { message: shown } };
  }
  return { status: 500, body: { message: 'Internal error. The log of this module has the details.' } };
}
