import { badRequest, HubError } from './errors.ts';
import { type Answer, type Request, readJson } from './http.ts';
import { type MethodCall, type Methods, PAYLOAD_LIMIT } from './methods.ts';

/** Runs `POST /twins/{device}/modules/{module}/methods`. Throws a HubError. */
export async function invoke(methods: Methods, moduleId: string, request: Request): Promise<Answer> {
  const call = readCall(moduleId, readJson(request.body));
  const { status, payload } = await methods.invoke(call, request.signal);
  return { status: 200, body: { status, payload } };
}

/**
 * Reads `{methodName, payload, responseTimeoutInSeconds, connectTimeoutInSeconds}`. Limits from "Understand and invoke
 * direct methods from IoT Hub": payload 128 KB, response 5-300 s (30 unless given), connect 0-300 s (0 unless given).
 */
function readCall(moduleId: string, body: Record<string, unknown>): MethodCall {
  const { methodName, payload = null } = body;
  // The characters that the documentation excludes from names and values.
  if (typeof methodName !== 'string' || !/^[!-~]{1,100}$/.test(methodName) || /[$()<>@,;:\\"/[\]?={}]/.test(methodName))
    throw badRequest(`methodName: expected up to 100 printable characters, got ${JSON.stringify(methodName)}`);
  const size = Buffer.byteLength(JSON.stringify(payload));
  if (size > PAYLOAD_LIMIT) {
    const text = `Payload is ${size} bytes, at most ${PAYLOAD_LIMIT} are allowed`;
    throw new HubError('registry', 413001, 'MessageTooLarge', text);
  }
  return {
    moduleId,
    name: methodName,
    payload,
    responseSecs: seconds(body, 'responseTimeoutInSeconds', 30, 5),
    connectSecs: seconds(body, 'connectTimeoutInSeconds', 0, 0),
  };
}

function seconds(body: Record<string, unknown>, key: string, normal: number, least: number): number {
  const value = body[key] ?? normal;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > 300)
    throw badRequest(`${key}: expected ${least} to 300 seconds, got ${JSON.stringify(value)}`);
  return value;
}
