import { aziotEdgeVersion } from './aziot-edge-version.ts';
import { aziotEdgedConfigWellFormed } from './aziot-edged-config-well-formed.ts';
import { aziotVersion } from './aziot-version.ts';
import { certdConfigWellFormed } from './certd-config-well-formed.ts';
import { certdRunning } from './certd-running.ts';
import { certsMatchPrivateKeys } from './certs-match-private-keys.ts';
import { certsPreloaded } from './certs-preloaded.ts';
import { certsRead } from './certs-read.ts';
import type { Check } from './check.ts';
import { checkAgentImage } from './check-agent-image.ts';
import { choose, type Selection } from './choose.ts';
import { clockJump } from './clock-jump.ts';
import { configUpToDate } from './config-up-to-date.ts';
import { configsUpToDate } from './configs-up-to-date.ts';
import { connectManagementUri } from './connect-management-uri.ts';
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
import { containerLogSize } from './container-log-size.ts';
import { containerResolveParentHostname } from './container-resolve-parent-hostname.ts';
import { diskSpace } from './disk-space.ts';
import { dnsConsistency } from './dns-consistency.ts';
import { edgeAgentStorageMountedFromHost } from './edge-agent-storage-mounted-from-host.ts';
import { edgeCaExpiry } from './edge-ca-expiry.ts';
import { edgeHubCertificateExpiry } from './edge-hub-certificate-expiry.ts';
import { edgeHubQueue } from './edge-hub-queue.ts';
import { edgeHubRoundTrip } from './edge-hub-round-trip.ts';
import { edgeHubStorageMountedFromHost } from './edge-hub-storage-mounted-from-host.ts';
import { estCertificateExpiry } from './est-identity-and-bootstrap-certificate-expiry.ts';
import { estServerHttps } from './est-server-https.ts';
import { hostConnectDpsEndpoint } from './host-connect-dps-endpoint.ts';
import { hostConnectIothubAmqp } from './host-connect-iothub-amqp.ts';
import { hostConnectIothubHttps } from './host-connect-iothub-https.ts';
import { hostConnectIothubMqtt } from './host-connect-iothub-mqtt.ts';
import { hostLocalTime } from './host-local-time.ts';
import { hostname } from './hostname.ts';
import { identityCertificateExpiry } from './identity-certificate-expiry.ts';
import { identitydConfigWellFormed } from './identityd-config-well-formed.ts';
import { identitydRunning } from './identityd-running.ts';
import { inboundPorts } from './inbound-ports.ts';
import { keyPairsRead } from './key-pairs-read.ts';
import { keydConfigWellFormed } from './keyd-config-well-formed.ts';
import { keydRunning } from './keyd-running.ts';
import { localCaCertificateExpiry } from './local-ca-certificate-expiry.ts';
import { memoryPressure } from './memory-pressure.ts';
import { metricsCollector } from './metrics-collector.ts';
import { moduleHealth } from './module-health.ts';
import { moduleImageDrift } from './module-image-drift.ts';
import { moduleRestarts } from './module-restarts.ts';
import { parentHostname } from './parent_hostname.ts';
import { portConflicts } from './port-conflicts.ts';
import { proxySettings } from './proxy-settings.ts';
import { type CheckRun, type RunRequest, runSelected } from './run.ts';
import { softwareOutOfService } from './software-out-of-service.ts';
import { storageTarget } from './storage-target.ts';
import { tlsInspection } from './tls-inspection.ts';
import { tpmdConfigWellFormed } from './tpmd-config-well-formed.ts';
import { tpmdRunning } from './tpmd-running.ts';
import { volatileJournal } from './volatile-journal.ts';

/** Every check, in the order of `iotedge check`. */
export const checks: readonly Check[] = [
  // Configuration checks (aziot-identity-service)
  keydConfigWellFormed,
  certdConfigWellFormed,
  tpmdConfigWellFormed,
  identitydConfigWellFormed,
  configsUpToDate,
  hostname,
  aziotVersion,
  hostLocalTime,
  identityCertificateExpiry,
  estCertificateExpiry,
  localCaCertificateExpiry,
  certsPreloaded,
  keydRunning,
  certdRunning,
  tpmdRunning,
  identitydRunning,
  certsRead,
  keyPairsRead,
  estServerHttps,
  certsMatchPrivateKeys,
  // Connectivity checks (aziot-identity-service)
  hostConnectIothubAmqp,
  hostConnectIothubHttps,
  hostConnectIothubMqtt,
  hostConnectDpsEndpoint,
  // Configuration checks
  aziotEdgedConfigWellFormed,
  configUpToDate,
  containerEngineUri,
  parentHostname,
  containerResolveParentHostname,
  connectManagementUri,
  aziotEdgeVersion,
  containerLocalTime,
  containerEngineDns,
  containerEngineIpv6,
  containerEngineLogrotate,
  edgeAgentStorageMountedFromHost,
  edgeHubStorageMountedFromHost,
  checkAgentImage,
  proxySettings,
  // Connectivity checks
  containerDefaultConnectUpstreamAmqp,
  containerDefaultConnectUpstreamHttps,
  containerDefaultConnectUpstreamMqtt,
  containerConnectUpstreamAmqp,
  containerConnectUpstreamHttps,
  containerConnectUpstreamMqtt,
  // Field checks
  diskSpace,
  containerLogSize,
  volatileJournal,
  portConflicts,
  softwareOutOfService,
  tlsInspection,
  dnsConsistency,
  inboundPorts,
  edgeCaExpiry,
  edgeHubCertificateExpiry,
  memoryPressure,
  moduleRestarts,
  moduleHealth,
  moduleImageDrift,
  metricsCollector,
  edgeHubQueue,
  edgeHubRoundTrip,
  storageTarget,
  clockJump,
];

/**
 * Runs the selected checks. Throws a SupportError `bad-request` for a name that no check has; rejects otherwise only
 * with the reason of an aborted `signal`.
 */
export function runChecks(request: RunRequest): Promise<CheckRun> {
  return runSelected(checks, request);
}

/** Throws a SupportError `bad-request` for a name that no check or section has. */
export function assertSelection(select: Selection): void {
  choose(checks, select);
}
