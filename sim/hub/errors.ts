import { randomUUID } from 'node:crypto';

/**
 * An error as IoT Hub answers it. `code` is IoT Hub's six-digit number, `name` its word for it.
 * `shape`: the gateway, which runs methods, puts a JSON text into `Message`; the registry puts `ErrorCode:<name>;<text>`.
 */
export class HubError extends Error {
  readonly status: number;
  readonly code: number;
  readonly shape: 'gateway' | 'registry';
  readonly info: Record<string, unknown> | undefined;

  constructor(
    shape: 'gateway' | 'registry',
    code: number,
    name: string,
    message: string,
    info?: Record<string, unknown>,
  ) {
    super(message);
    this.shape = shape;
    this.status = Math.floor(code / 1000);
    this.code = code;
    this.name = name;
    this.info = info;
  }
}

/**
 * The HTTPS body of an error. Shapes as seen in public reports: azure-iot-sdk-csharp #3442 (404103) and #1070 (401),
 * azure-iot-sdk-java #640 (504101).
 */
export function errorBody(error: HubError): Record<string, string> {
  return error.shape === 'gateway'
    ? { Message: JSON.stringify(errorDetail(error)), ExceptionMessage: '' }
    : { Message: `ErrorCode:${error.name};${error.message}`, ExceptionMessage: `Tracking ID:${trackingId()}` };
}

/** The error as an object with `errorCode`, which is also what a twin answer over MQTT carries. */
export function errorDetail(error: HubError): Record<string, unknown> {
  return {
    errorCode: error.code,
    trackingId: trackingId(),
    message: error.message,
    ...(error.info === undefined ? {} : { info: error.info }),
    timestampUtc: new Date().toISOString(),
  };
}

function trackingId(): string {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${randomUUID().replaceAll('-', '')}-G:0-TimeStamp:${month}/${day}/${year} ${time.slice(0, 8)}`;
}

/** 404103: nobody to call within `connectSecs`. */
export function notOnline(connectSecs: number): HubError {
  return new HubError(
    'gateway',
    404103,
    'DeviceNotOnline',
    "The operation failed because the requested device isn't online or hasn't registered the direct method callback. " +
      'To learn more, see https://aka.ms/iothub404103',
    { timeout: new Date(connectSecs * 1000).toISOString().slice(11, 19) },
  );
}

/** 504101: the module was called and did not answer in time. */
export function noAnswer(): HubError {
  return new HubError('gateway', 504101, 'GatewayTimeout', 'Timed out waiting for the response from device.', {});
}

export function badRequest(message: string): HubError {
  return new HubError('registry', 400004, 'ArgumentInvalid', message);
}

export function unauthorized(): HubError {
  return new HubError('registry', 401002, 'IotHubUnauthorizedAccess', 'Unauthorized');
}
