import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createWorkload } from './workload.ts';

/** Who the module is for its hub, and what proves it. */
export interface Identity {
  readonly iothubHostname: string;
  readonly deviceId: string;
  readonly moduleId: string;
  /** edgeHub; none when the module was set up to talk to IoT Hub itself. */
  readonly gatewayHostname: string | undefined;
  /** The parent device, when this one is nested. */
  readonly parentHostname: string | undefined;
  /** HMAC-SHA256 with the module's key. */
  sign(data: Uint8Array, signal: AbortSignal): Promise<Buffer>;
  /** The certificates, in PEM, that edgeHub is trusted by; undefined for those that Node trusts by itself. */
  trustBundle(signal: AbortSignal): Promise<string | undefined>;
  /** Whether IoT Hub itself takes this identity too: a key of IoT Edge's simulator opens nothing but its edgeHub. */
  readonly opensIotHub: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads what IoT Edge put in the environment, as the device SDK's `ModuleClient.fromEnvironment` does: a connection
 * string (IoT Edge's simulator) goes before the workload API.
 */
export function readIdentity(variables: Variables): Identity {
  const given = variables['EdgeHubConnectionString'] || variables['IotHubConnectionString'];
  return given ? fromConnectionString(given, variables['EdgeModuleCACertificateFile']) : fromWorkload(variables);
}

function fromWorkload(variables: Variables): Identity {
  const moduleId = variables['IOTEDGE_MODULEID'] ?? '';
  const workload = createWorkload({
    uri: variables['IOTEDGE_WORKLOADURI'] ?? '',
    moduleId,
    generationId: variables['IOTEDGE_MODULEGENERATIONID'] ?? '',
  });
  return {
    iothubHostname: variables['IOTEDGE_IOTHUBHOSTNAME'] ?? '',
    deviceId: variables['IOTEDGE_DEVICEID'] ?? '',
    moduleId,
    gatewayHostname: variables['IOTEDGE_GATEWAYHOSTNAME'] || undefined,
    parentHostname: variables['IOTEDGE_PARENTHOSTNAME'] || undefined,
    sign: workload.sign,
    trustBundle: workload.trustBundle,
    opensIotHub: true,
  };
}

/** `HostName=…;GatewayHostName=…;DeviceId=…;ModuleId=…;SharedAccessKey=…` */
function fromConnectionString(text: string, caFile: string | undefined): Identity {
  const fields = new Map(
    text.split(';').map((part) => {
      const cut = part.indexOf('=');
      return [part.slice(0, cut).trim().toLowerCase(), part.slice(cut + 1).trim()] as const;
    }),
  );
  const key = Buffer.from(fields.get('sharedaccesskey') ?? '', 'base64');
  return {
    iothubHostname: fields.get('hostname') ?? '',
    deviceId: fields.get('deviceid') ?? '',
    moduleId: fields.get('moduleid') ?? '',
    gatewayHostname: fields.get('gatewayhostname') || undefined,
    parentHostname: undefined,
    sign: async (data) => createHmac('sha256', key).update(data).digest(),
    trustBundle: async (signal) => (caFile ? await readFile(caFile, { encoding: 'utf8', signal }) : undefined),
    opensIotHub: false,
  };
}

/** A shared access signature of the module, valid for so many seconds from now. */
export async function createToken(identity: Identity, secs: number, signal: AbortSignal): Promise<string> {
  const { iothubHostname, deviceId, moduleId } = identity;
  const resource = encodeURIComponent(`${iothubHostname}/devices/${deviceId}/modules/${moduleId}`);
  const expires = Math.ceil(Date.now() / 1000 + secs);
  const signature = await identity.sign(Buffer.from(`${resource}\n${expires}`), signal);
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature.toString('base64'))}&se=${expires}`;
}
