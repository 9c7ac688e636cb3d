import { readSas, sasFault } from './auth.ts';
import { HubError } from './errors.ts';
import type { Answer, Request } from './http.ts';
import { invoke } from './invoke.ts';
import type { Methods } from './methods.ts';
import type { Registry } from './registry.ts';

export interface EdgeParts {
  readonly deviceId: string;
  readonly hubHostName: string;
  readonly registry: Registry;
  readonly methods: Methods;
  refused(who: string, why: string): void;
}

/**
 * edgeHub's HTTPS side: one module invokes a method of another. The caller names itself in `x-ms-edge-moduleId`
 * (`<device>/<module>`) and signs with its own key, as the device SDK's `ModuleClient.invokeMethod` does; it sends no
 * api-version. Errors carry `message` beside the shape of a result, as edgeHub's do.
 */
export async function answerEdge(parts: EdgeParts, request: Request): Promise<Answer> {
  try {
    return await answer(parts, request);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const body = { status: error.status, payload: null, message: error.message, exceptionMessage: `${error.code}` };
    return { status: error.status, body, headers: { 'iothub-errorcode': error.name } };
  }
}

async function answer(parts: EdgeParts, request: Request): Promise<Answer> {
  const [kind, deviceId, modules, moduleId, last, ...more] = request.parts;
  // What a nested device asks its parent to see whether it is an edgeHub.
  if (kind === 'devices' && !request.query.has('api-version'))
    throw new HubError('gateway', 400001, 'InvalidProtocolVersion', 'expected an api-version');
  const known = kind === 'twins' && modules === 'modules' && last === 'methods' && more.length === 0;
  if (request.method !== 'POST' || !known || moduleId === undefined)
    throw new HubError('gateway', 404000, 'NotFound', `nothing answers ${request.method} /${request.parts.join('/')}`);
  const fault = callerFault(parts, request);
  if (fault !== undefined) {
    parts.refused('module', fault);
    throw new HubError('gateway', 401003, 'IotHubUnauthorized', 'Unauthorized');
  }
  if (deviceId !== parts.deviceId || parts.registry.find(moduleId) === undefined)
    throw new HubError('gateway', 404010, 'ModuleNotFound', `Module ${deviceId}/${moduleId} not registered`);
  return await invoke(parts.methods, moduleId, request);
}

function callerFault({ deviceId, hubHostName, registry }: EdgeParts, { headers }: Request): string | undefined {
  const named = headers['x-ms-edge-moduleid'];
  const [device, moduleId = ''] = String(named ?? '').split('/');
  const caller = registry.find(moduleId);
  if (device !== deviceId || caller === undefined)
    return `expected header x-ms-edge-moduleId with <device>/<module>, got ${named}`;
  return sasFault(readSas(headers.authorization), `${hubHostName}/devices/${deviceId}/modules/${moduleId}`, caller.key);
}
