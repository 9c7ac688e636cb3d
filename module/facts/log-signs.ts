/** A line of a log that is known to mean something. */
export interface LogSignature {
  readonly id: string;
  /** What it means, as the title of a finding. */
  readonly title: string;
  readonly severity: 'error' | 'warning';
  /** Texts, in any case, one of which is in every such line; what is told from the line alone. */
  readonly hints: readonly string[];
  readonly pattern: RegExp;
  readonly advice: string;
  /** Where it was seen, or is explained. */
  readonly reference: string;
  /** Such a line. Tests read it. */
  readonly example: string;
}

const issue = (number: number) => `https://github.com/Azure/iotedge/issues/${number}`;
const commonErrors = 'https://learn.microsoft.com/azure/iot-edge/troubleshoot-common-errors';

/** Messages of edgeAgent, edgeHub, the daemons, the engine and the SDKs. The first that fits a line counts. */
export const logSignatures: readonly LogSignature[] = [
  {
    id: 'disk-full',
    title: 'A module could not write: the disk is full',
    severity: 'error',
    hints: ['no space left on device', 'not enough space on the disk'],
    pattern: /no space left on device|not enough space on the disk/i,
    advice:
      'Free room: see disk-space and container-log-size in the checks; limit logs (log rotation) and edgeHub’s timeToLiveSecs.',
    reference: issue(6164),
    example:
      'RocksDbSharp.RocksDbException: IO error: No space left on device/tmp/edgeHub/001102.sst: No space left on device',
  },
  {
    id: 'too-many-files',
    title: 'A module ran out of file handles',
    severity: 'error',
    hints: ['too many open files'],
    pattern: /too many open files/i,
    advice: 'Raise fs.file-max or the container’s nofile limit, and look for the module that leaks them.',
    reference: issue(3418),
    example: 'IO error: While open a file for appending: /edgeHub/edgeHub/13353784.sst: Too many open files in system',
  },
  {
    id: 'store-damaged',
    title: 'The message store of edgeHub or edgeAgent cannot be opened',
    severity: 'error',
    hints: ['rocksdb'],
    pattern: /RocksDb\w*Exception: (?:Corruption|Invalid argument: You have to open all column families)/,
    advice:
      'Stop the module, move its storage folder away and let it make a new one: messages that were not sent are lost with it.',
    reference: issue(5095),
    example: 'RocksDbSharp.RocksDbException: Corruption: block checksum mismatch',
  },
  {
    id: 'workload-socket-denied',
    title: 'A module may not use the workload socket',
    severity: 'error',
    hints: ['workload.sock', 'workloadapi', '.sock'],
    pattern: /Permission denied \S*(?:workload|mgmt)\S*\.sock/i,
    advice:
      'The user that the module runs as must be able to read and write the socket: see its User in createOptions, and mounts of /var/run/iotedge.',
    reference: issue(5979),
    example:
      'Unhandled exception. System.AggregateException: One or more errors occurred. (Permission denied /var/run/iotedge/workload.sock)',
  },
  {
    id: 'image-not-found',
    title: 'An image could not be pulled: it does not exist or needs credentials',
    severity: 'error',
    hints: ['pull access denied', 'manifest unknown', 'manifest for', 'repository does not exist', 'no such image'],
    pattern: /pull access denied|manifest unknown|manifest for \S+ not found|repository does not exist|No such image/i,
    advice:
      'Compare the image’s name and tag in the deployment with the registry, its architecture with the device’s, and give credentials for a private one.',
    reference: issue(1730),
    example:
      "caused by: pull access denied for contoso/modulereg, repository does not exist or may require 'docker login'",
  },
  {
    id: 'registry-unauthorized',
    title: 'A registry refused the credentials',
    severity: 'error',
    hints: ['unauthorized'],
    pattern:
      /\/(?:v2|manifests)\/\S* ?:? ?unauthorized|unauthorized: (?:authentication required|Invalid clientid|Application not registered)/i,
    advice:
      'Renew the registry credentials in the deployment (registryCredentials) or in config.toml (agent.config.auth).',
    reference: issue(7466),
    example:
      'caused by: Head "https://cr.example/v2/m/manifests/0.1.32": unauthorized: Invalid clientid or client secret., StatusCode:500',
  },
  {
    id: 'image-name-invalid',
    title: 'The name of an image in the deployment is wrong',
    severity: 'error',
    hints: ['invalid reference format'],
    pattern: /invalid reference format/i,
    advice: 'Correct settings.image of the module in the deployment: lower case, no scheme, no blanks.',
    reference: issue(4150),
    example: 'caused by: invalid reference format, StatusCode:500',
  },
  {
    id: 'port-in-use',
    title: 'A module could not start: its port is in use on the host',
    severity: 'error',
    hints: ['already allocated', 'address already in use'],
    pattern: /port is already allocated|address already in use/i,
    advice:
      'Find what listens there (host/listening.txt) and stop it, or take the port out of the module’s createOptions.',
    reference: issue(851),
    example: 'Error starting userland proxy: Bind for 0.0.0.0:5671 failed: port is already allocated, StatusCode:500',
  },
  {
    id: 'deployment-empty',
    title: 'The device has no deployment',
    severity: 'error',
    hints: ['empty configuration', "deployment config in edge agent's"],
    pattern: /empty configuration for the edge agent|Deployment config in edge agent's desired properties is empty/i,
    advice: 'Apply a deployment to the device: its edgeAgent module twin has no modules.',
    reference: issue(1769),
    example:
      'ConfigEmptyException: This device has an empty configuration for the edge agent. Please set a deployment manifest.',
  },
  {
    id: 'deployment-invalid',
    title: 'The deployment cannot be read',
    severity: 'error',
    hints: ['configuration format', 'schema version'],
    pattern:
      /invalid configuration format|configuration format is invalid|Invalid desired properties schema version|schema version \S+ is not compatible/i,
    advice: 'Mend the deployment: the lines that follow say which property is wrong.',
    reference: issue(2450),
    example: 'InvalidSchemaVersionException: Invalid desired properties schema version',
  },
  {
    id: 'agent-timeout',
    title: 'edgeAgent waited in vain for IoT Hub or the security manager',
    severity: 'warning',
    hints: ['reconcile concluded with errors', 'error refreshing edge agent configuration'],
    pattern: /Agent reconcile concluded with errors|Error refreshing edge agent configuration from twin/i,
    advice: 'Look at the connectivity checks for that time; where it stays, restart edgeAgent.',
    reference: issue(2055),
    example: '<4> 2019-11-28 18:20:16.279 +00:00 [WRN] - Agent reconcile concluded with errors.',
  },
  {
    id: 'hub-refused-identity',
    title: 'IoT Hub refused an identity',
    severity: 'error',
    hints: [
      'refusednotauthorized',
      'refusedidentifier',
      'device not found',
      'devicenotfound',
      '401003',
      'unauthorized',
    ],
    pattern:
      /CONNECT failed: Refused(?:NotAuthorized|BadUserNameOrPassword|IdentifierRejected)|DeviceNotFound|\b401003\b|IotHubUnauthorizedAccess/i,
    advice:
      'See whether the device and its modules exist in IoT Hub and are enabled, whether their keys were changed, and whether the clock is right.',
    reference: issue(24),
    example: 'UnauthorizedException: CONNECT failed: RefusedNotAuthorized',
  },
  {
    id: 'cloud-connection-failed',
    title: 'edgeHub could not connect a client to IoT Hub',
    severity: 'warning',
    hints: ['error creating cloud connection', 'could not get cloud', 'connectivity'],
    pattern:
      /Error creating cloud connection for client|Entering disconnected state|Entering unreachable state|Device connectivity.*?(?:lost|offline)/i,
    advice:
      'Messages wait on the device meanwhile (edge-hub-queue). Look at the connectivity checks, proxies and TLS inspection for that time.',
    reference: issue(3265),
    example:
      '<4> 2020-07-22 07:46:54.319 +00:00 [WRN] - Error creating cloud connection for client edgedevice1/module1',
  },
  {
    id: 'certificate-not-trusted',
    title: 'A TLS certificate was not trusted',
    severity: 'error',
    hints: ['certificate', 'untrustedroot', 'unable to get', 'self signed', 'self-signed'],
    pattern:
      /remote certificate (?:is invalid|was rejected)|UntrustedRoot|PartialChain|RemoteCertificate(?:ChainErrors|NameMismatch)|unable to (?:get local issuer|verify the first) certificate|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)\w*|SELF_SIGNED_CERT_IN_CHAIN|self.signed certificate in certificate chain|certificate verify failed|x509: certificate signed by unknown authority/i,
    advice:
      'Find out who signs what is presented (checks tls-inspection and the connectivity checks show it); put that root into the trust bundle or the host’s store.',
    reference: issue(937),
    example: 'AuthenticationException: The remote certificate is invalid according to the validation procedure.',
  },
  {
    id: 'certificate-expired',
    title: 'A TLS certificate had expired, or the clock is wrong',
    severity: 'error',
    hints: ['expired', 'nottimevalid', 'not yet valid'],
    pattern:
      /certificate has expired|CERT_HAS_EXPIRED|NotTimeValid|certificate is not yet valid|x509: certificate has expired/i,
    advice: 'See edge-ca-expiry, edge-hub-certificate-expiry and host-local-time in the checks.',
    reference: issue(5417),
    example: 'Error: certificate has expired at TLSSocket.onConnectSecure',
  },
  {
    id: 'name-not-resolved',
    title: 'A name could not be looked up',
    severity: 'warning',
    hints: ['name or service not known', 'enotfound', 'eai_again', 'name resolution', 'no such host', 'getaddrinfo'],
    pattern:
      /Name or service not known|\bENOTFOUND\b|\bEAI_AGAIN\b|Temporary failure in name resolution|no such host|Resource temporarily unavailable \(\S+\.azure-devices\.net/i,
    advice:
      'Look at dns-consistency and container-engine-dns in the checks: containers may have other name servers than the host.',
    reference: issue(7193),
    example: 'System.Net.Http.HttpRequestException: Name or service not known (hub.azure-devices.net:443)',
  },
  {
    id: 'proxy-refused',
    title: 'A proxy refused the connection',
    severity: 'error',
    hints: ['proxy authentication required', '407', 'proxy tunnel'],
    pattern: /407 Proxy Authentication Required|Proxy Authentication Required|proxy tunnel request.{0,60}failed/i,
    advice:
      'Give the proxy’s user and password in https_proxy of edgeAgent, edgeHub and the daemons; see proxy-settings in the checks.',
    reference: commonErrors,
    example:
      "HttpRequestException: The proxy tunnel request to proxy 'http://proxy:3128/' failed with status code '407'",
  },
  {
    id: 'hub-quota',
    title: 'IoT Hub’s daily quota or a limit was reached',
    severity: 'error',
    hints: ['quota', 'throttl', '403002', '429001'],
    pattern:
      /IotHubQuotaExceeded|Total number of messages on IotHub .{0,40}exceeded|\b403002\b|ThrottlingException|\b429001\b/i,
    advice: 'Send less or take a larger tier; see the message quota of the hub in the portal.',
    reference: 'https://learn.microsoft.com/azure/iot-hub/iot-hub-devguide-quotas-throttling',
    example: "Total number of messages on IotHub 'contoso' exceeded the allocated quota.",
  },
  {
    id: 'engine-log-damaged',
    title: 'The engine’s log files are damaged',
    severity: 'warning',
    hints: ['log message is too large', 'truncated final frame', 'error grabbing logs', 'unexpected eof'],
    pattern: /log message is too large \(|truncated final frame|error from daemon in stream: Error grabbing logs/i,
    advice:
      'A hard power cut does this. Logs of that container can only be read from there on; re-create it to begin anew.',
    reference: issue(6777),
    example: 'error from daemon in stream: Error grabbing logs: log message is too large (2349467251 > 1000000)',
  },
  {
    id: 'out-of-memory',
    title: 'A program ran out of memory',
    severity: 'error',
    hints: ['out of memory', 'outofmemory', 'cannot allocate memory', 'oom-kill', 'memoryerror', 'heap limit'],
    pattern:
      /JavaScript heap out of memory|OutOfMemory(?:Exception|Error)|Cannot allocate memory|invoked oom-killer|Out of memory: Kill|oom-kill:|MemoryError\b|Reached heap limit/i,
    advice: 'See memory-pressure in the checks; give the module more memory or find what it keeps.',
    reference: issue(6997),
    example: 'kernel: Out of memory: Killed process 4242 (crasher) total-vm:262144kB',
  },
  {
    id: 'edge-hub-refused',
    title: 'A module could not reach edgeHub',
    severity: 'warning',
    hints: ['econnrefused', 'connection refused', 'actively refused'],
    pattern:
      /(?:ECONNREFUSED|connection refused|actively refused).{0,120}(?::(?:8883|5671|443)\b|edgehub)|(?::(?:8883|5671)\b|edgehub).{0,120}(?:ECONNREFUSED|connection refused)/i,
    advice:
      'edgeHub was not up at that time: look at its own log and restarts around it. Modules should try again by themselves.',
    reference: issue(7081),
    example: 'Error: connect ECONNREFUSED 172.18.0.3:8883',
  },
  {
    id: 'method-client-gone',
    title: 'A direct method did not reach its module',
    severity: 'warning',
    hints: ['404103', '504101'],
    pattern: /\b(?:404103|504101)\b/,
    advice:
      'The module had no subscription for methods: it was reconnecting, or lost it at a renewal. Restart it if that stays.',
    reference: issue(7487),
    example: 'errorCode 404103: Timed out waiting for device to connect.',
  },
  {
    id: 'node-listener-leak',
    title: 'A Node.js module leaks event listeners',
    severity: 'warning',
    hints: ['maxlistenersexceeded'],
    pattern: /MaxListenersExceededWarning/,
    advice: 'Update the module’s azure-iot-device packages; reconnects add listeners in older ones.',
    reference: 'https://github.com/Azure/azure-iot-sdk-node/issues/965',
    example:
      '(node:1) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 error listeners added.',
  },
  {
    id: 'unhandled-exception',
    title: 'A program ended with an exception that nothing caught',
    severity: 'error',
    hints: [
      'unhandled exception',
      'uncaught',
      'traceback (most recent',
      'panic:',
      'panicked at',
      'unhandled rejection',
      'unhandledpromise',
    ],
    pattern:
      /Unhandled exception\.|Uncaught (?:Exception|Error|TypeError)|Traceback \(most recent call last\)|^panic: |thread '.{1,60}' panicked at|UnhandledPromiseRejection/im,
    advice: 'The lines that follow have the stack: it is for the module’s authors.',
    reference: commonErrors,
    example: 'Unhandled exception. System.InvalidOperationException: Sequence contains no elements',
  },
];
