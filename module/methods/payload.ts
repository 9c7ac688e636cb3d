import { messageOf, SupportError } from '../base/errors.ts';
import { firstProblem } from '../config/values.ts';
import type { Method, Services } from './method.ts';
import { checkSchemaVersion } from './schema-version.ts';

/** The payload's JSON; for a method whose payload is optional, nothing and null are `{}`. */
export function readPayload(method: Pick<Method, 'payloadOptional'>, payload: Buffer | undefined): unknown {
  if (payload === undefined && !method.payloadOptional) {
    throw new SupportError('bad-request', 'Request payload not found');
  }
  if (method.payloadOptional && !payload?.length) return {};
  const json = readJson(payload?.toString('utf8') ?? '');
  return json === null && method.payloadOptional ? {} : json;
}

/** The JSON as the method's schema reads it; every problem is a 400 in edgeAgent's words, naming the field. */
export function validate(
  { name, request, schemaContext }: Pick<Method, 'name' | 'request' | 'schemaContext'>,
  json: unknown,
  log: Pick<Services['log'], 'warning'>,
): unknown {
  if (!request) return undefined;
  const result = request.safeParse(json);
  if (!result.success) throw refusal(firstProblem(result.error));
  const version = (result.data as { schemaVersion?: string }).schemaVersion;
  if (schemaContext && version !== undefined && checkSchemaVersion(version, schemaContext).differs) {
    log.warning(`${name}: the ${schemaContext} version ${version} differs from 1.0.`);
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
