import { readSas, sasFault } from './auth.ts';
import { badRequest, HubError, unauthorized } from './errors.ts';
import { type Answer, type Request, readJson } from './http.ts';
import { invoke } from './invoke.ts';
import type { Methods } from './methods.ts';
import type { Identity, Registry } from './registry.ts';
import { checkEtag, etagOf, isProperties, merge, type Properties, patchBetween, type Twin } from './twins.ts';

export interface ServiceParts {
  readonly deviceId: string;
  readonly hubHostName: string;
  /** Base64 key of the policy `iothubowner`. */
  readonly serviceKey: string;
  readonly registry: Registry;
  readonly methods: Methods;
  connected(moduleId: string): boolean;
  /** Changes a twin's desired properties and tells the module. */
  patchDesired(moduleId: string, patch: Properties): void;
  /** Why a request was turned away. */
  refused(who: string, why: string): void;
}

/** IoT Hub's service side: methods, module twins, the list of modules. Throws a HubError. */
export async function answerService(parts: ServiceParts, request: Request): Promise<Answer> {
  const sas = readSas(request.headers.authorization);
  const fault =
    sas !== undefined && sas.keyName !== 'iothubowner'
      ? `expected skn iothubowner, got ${sas.keyName}`
      : sasFault(sas, parts.hubHostName, parts.serviceKey);
  if (fault !== undefined) {
    parts.refused('service', fault);
    throw unauthorized();
  }
  const [kind, deviceId, modules, moduleId, last, ...more] = request.parts;
  const route = `${request.method} ${[kind, '', modules, moduleId === undefined ? undefined : '', last].filter((p) => p !== undefined).join('/')}`;
  if (more.length > 0 || modules !== 'modules') throw nothingThere(request);
  checkVersion(request);
  if (route === 'GET devices//modules') return { status: 200, body: devices(parts, deviceId) };
  if (moduleId === undefined) throw nothingThere(request);
  const gateway = route === 'POST twins//modules//methods';
  const identity = find(parts, deviceId, moduleId, gateway);
  switch (route) {
    case 'POST twins//modules//methods':
      return await invoke(parts.methods, moduleId, request);
    case 'GET devices//modules/':
      return { status: 200, body: identityBody(parts, identity), headers: etagHeader(identity.twin) };
    case 'PATCH twins//modules/':
    case 'PUT twins//modules/':
      changeTwin(parts, identity, request);
      return twinAnswer(parts, identity);
    case 'GET twins//modules/':
      return twinAnswer(parts, identity);
    default:
      throw nothingThere(request);
  }
}

function checkVersion(request: Request): void {
  const version = request.query.get('api-version');
  if (version === null || !/^\d{4}-\d\d-\d\d(-preview)?$/.test(version))
    throw new HubError('registry', 400001, 'InvalidProtocolVersion', `expected an api-version, got ${version}`);
}

function find(
  { deviceId, registry }: ServiceParts,
  device: string | undefined,
  id: string,
  gateway: boolean,
): Identity {
  const shape = gateway ? 'gateway' : 'registry';
  if (device !== deviceId) throw new HubError(shape, 404001, 'DeviceNotFound', `Device ${device} not registered`);
  const identity = registry.find(id);
  if (identity === undefined)
    throw new HubError(shape, 404010, 'ModuleNotFound', `Module ${device}/${id} not registered`);
  return identity;
}

function nothingThere({ method, parts }: Request): HubError {
  const text = `No HTTP resource was found that matches ${method} /${parts.map(encodeURIComponent).join('/')}`;
  return new HubError('registry', 404000, 'NotFound', text);
}

function changeTwin(parts: ServiceParts, { moduleId, twin }: Identity, { method, headers, body }: Request): void {
  const change = readJson(body);
  checkEtag(twin, headers['if-match']);
  const properties = change.properties ?? {};
  const desired = isProperties(properties) ? properties.desired : undefined;
  if (!isProperties(properties) || !(desired === undefined || isProperties(desired)))
    throw badRequest('properties.desired: expected an object');
  if (!(change.tags === undefined || isProperties(change.tags))) throw badRequest('tags: expected an object');
  const wanted = desired && withoutMetadata(desired);
  if (wanted !== undefined)
    parts.patchDesired(moduleId, method === 'PUT' ? patchBetween(twin.desired, wanted) : wanted);
  if (change.tags !== undefined) {
    twin.tags = method === 'PUT' ? change.tags : merge(twin.tags, change.tags);
    twin.serviceVersion += 1;
  }
}

/** A client may send back what it read; IoT Hub ignores its own keys. */
function withoutMetadata(desired: Properties): Properties {
  return Object.fromEntries(Object.entries(desired).filter(([key]) => key !== '$metadata' && key !== '$version'));
}

function etagHeader(twin: Twin): Record<string, string> {
  return { etag: `"${etagOf(twin)}"` };
}

function twinAnswer(parts: ServiceParts, { moduleId, twin }: Identity): Answer {
  const body = {
    deviceId: parts.deviceId,
    moduleId,
    etag: etagOf(twin),
    deviceEtag: 'MQ==',
    status: 'enabled',
    statusUpdateTime: '0001-01-01T00:00:00Z',
    connectionState: parts.connected(moduleId) ? 'Connected' : 'Disconnected',
    lastActivityTime: twin.reportedUpdated,
    cloudToDeviceMessageCount: 0,
    authenticationType: 'sas',
    x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    modelId: '',
    version: twin.serviceVersion + twin.reportedVersion,
    tags: twin.tags,
    properties: {
      desired: {
        ...twin.desired,
        $metadata: { $lastUpdated: twin.desiredUpdated, $lastUpdatedVersion: twin.desiredVersion },
        $version: twin.desiredVersion,
      },
      reported: {
        ...twin.reported,
        $metadata: { $lastUpdated: twin.reportedUpdated },
        $version: twin.reportedVersion,
      },
    },
  };
  return { status: 200, body, headers: etagHeader(twin) };
}

function devices(parts: ServiceParts, deviceId: string | undefined): unknown {
  if (deviceId !== parts.deviceId)
    throw new HubError('registry', 404001, 'DeviceNotFound', `Device ${deviceId} not registered`);
  return parts.registry.all().map((identity) => identityBody(parts, identity));
}

function identityBody(parts: ServiceParts, { moduleId, generationId, key, twin }: Identity): unknown {
  return {
    moduleId,
    managedBy: 'iotEdge',
    deviceId: parts.deviceId,
    generationId,
    etag: etagOf(twin),
    connectionState: parts.connected(moduleId) ? 'Connected' : 'Disconnected',
    connectionStateUpdatedTime: '0001-01-01T00:00:00Z',
    lastActivityTime: '0001-01-01T00:00:00Z',
    cloudToDeviceMessageCount: 0,
    authentication: {
      symmetricKey: { primaryKey: key, secondaryKey: key },
      x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      type: 'sas',
    },
  };
}
