import type { Check } from './check.ts';
import { containerConnectUpstreamAmqp } from './container-connect-upstream-amqp.ts';
import { containerConnectUpstreamHttps } from './container-connect-upstream-https.ts';
import { containerConnectUpstreamMqtt } from './container-connect-upstream-mqtt.ts';
import { containerDefaultConnectUpstreamAmqp } from './container-default-connect-upstream-amqp.ts';
import { containerDefaultConnectUpstreamHttps } from './container-default-connect-upstream-https.ts';
import { containerDefaultConnectUpstreamMqtt } from './container-default-connect-upstream-mqtt.ts';
import { containerEngineDns } from './container-engine-dns.ts';
import { containerEngineIpv6 } from './container-engine-ipv6.ts';
import { containerEngineLogrotate } from './container-engine-logrotate.ts';
import { containerEngineUri } from './container-engine-uri.ts';
import { containerLocalTime } from './container-local-time.ts';
import { containerResolveParentHostname } from './container-resolve-parent-hostname.ts';
import { dnsConsistency } from './dns-consistency.ts';
import { edgeAgentStorageMountedFromHost } from './edge-agent-storage-mounted-from-host.ts';
import { edgeHubStorageMountedFromHost } from './edge-hub-storage-mounted-from-host.ts';
import { hostConnectDpsEndpoint } from './host-connect-dps-endpoint.ts';
import { hostConnectIothubAmqp } from './host-connect-iothub-amqp.ts';
import { hostConnectIothubHttps } from './host-connect-iothub-https.ts';
import { hostConnectIothubMqtt } from './host-connect-iothub-mqtt.ts';
import { hostLocalTime } from './host-local-time.ts';
import { inboundPorts } from './inbound-ports.ts';
import { parentHostname } from './parent_hostname.ts';
import { type CheckRun, type RunRequest, runSelected } from './run.ts';
import { tlsInspection } from './tls-inspection.ts';

/** Every check, in the order of `iotedge check`. */
export const checks: readonly Check[] = [
  // Configuration checks (aziot-identity-service)
  hostLocalTime,
  // Connectivity checks (aziot-identity-service)
  hostConnectIothubAmqp,
  hostConnectIothubHttps,
  hostConnectIothubMqtt,
  hostConnectDpsEndpoint,
  // Configuration checks
  containerEngineUri,
  parentHostname,
  containerResolveParentHostname,
  containerLocalTime,
  containerEngineDns,
  containerEngineIpv6,
  containerEngineLogrotate,
  edgeAgentStorageMountedFromHost,
  edgeHubStorageMountedFromHost,
  // Connectivity checks
  containerDefaultConnectUpstreamAmqp,
  containerDefaultConnectUpstreamHttps,
  containerDefaultConnectUpstreamMqtt,
  containerConnectUpstreamAmqp,
  containerConnectUpstreamHttps,
  containerConnectUpstreamMqtt,
  // Field checks
  tlsInspection,
  dnsConsistency,
  inboundPorts,
];

/**
 * Runs the selected checks. Throws a SupportError `bad-request` for a name that no check has; rejects otherwise only
 * with the reason of an aborted `signal`.
 */
export function runChecks(request: RunRequest): Promise<CheckRun> {
  return runSelected(checks, request);
}
