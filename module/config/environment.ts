/**
 * What IoT Edge gives every module in its environment (edgeAgent's CreateOrUpdateCommand), read once by `main.ts`.
 * A value is absent when the variable is missing or empty.
 */
export interface Environment {
  readonly iothubHostname: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly gatewayHostname?: string;
  /** Set only when the device is nested: its parent. */
  readonly parentHostname?: string;
  readonly workloadUri?: string;
  readonly generationId?: string;
  readonly apiVersion?: string;
  /** Amqp, AmqpWs, Mqtt or MqttWs, when edgeAgent has it. */
  readonly upstreamProtocol?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

/** Reads the variables of IoT Edge. Both spellings of the proxy variables are taken, lower case first. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const optional = <K extends string>(key: K, ...names: readonly string[]) => {
    const value = names.map((name) => env[name]).find((text) => text !== undefined && text !== '');
    return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
  };
  const given = readConnectionString(env['EdgeHubConnectionString'] || env['IotHubConnectionString'] || '');
  return {
    iothubHostname: env['IOTEDGE_IOTHUBHOSTNAME'] || given.get('HostName') || '',
    deviceId: env['IOTEDGE_DEVICEID'] || given.get('DeviceId') || '',
    moduleId: env['IOTEDGE_MODULEID'] || given.get('ModuleId') || '',
    ...optional('gatewayHostname', 'IOTEDGE_GATEWAYHOSTNAME'),
    ...optional('parentHostname', 'IOTEDGE_PARENTHOSTNAME'),
    ...optional('workloadUri', 'IOTEDGE_WORKLOADURI'),
    ...optional('generationId', 'IOTEDGE_MODULEGENERATIONID'),
    ...optional('apiVersion', 'IOTEDGE_APIVERSION'),
    ...optional('upstreamProtocol', 'UpstreamProtocol'),
    ...optional('httpsProxy', 'https_proxy', 'HTTPS_PROXY'),
    ...optional('noProxy', 'no_proxy', 'NO_PROXY'),
  };
}

/** The parts of `HostName=…;DeviceId=…;…`, which IoT Edge's simulator gives instead of the workload API. */
function readConnectionString(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(';').map((part) => {
      const cut = part.indexOf('=');
      return [part.slice(0, cut), part.slice(cut + 1)] as const;
    }),
  );
}
