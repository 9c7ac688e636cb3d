import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { defineCheck, type Verdict } from './check.ts';
import { installedPackage } from './installed-package.ts';
import { oldestKernel, type ServiceDate, serviceDates } from './service-dates.ts';

const day = 86_400_000;

export const softwareOutOfService = defineCheck({
  id: 'software-out-of-service',
  section: 'Field checks',
  title: 'IoT Edge, container engine and kernel are still serviced',
  needs: ['hostSystem', 'management', 'engineInfo'],
  judge({ hostSystem, management, engineInfo }, { now }): Verdict {
    const engine = valueOf(engineInfo);
    const edge = edgeVersion(management, hostSystem);
    const kernel = valueOf(hostSystem)?.kernel ?? engine?.kernelVersion;
    const info = {
      iot_edge: edge ?? null,
      container_engine: engine?.serverVersion ?? null,
      kernel: kernel ?? null,
    };
    const problems = [
      ...dated('IoT Edge', edge, now),
      ...(engine && !isDistributions(engine.serverVersion, hostSystem)
        ? dated('Container engine', engine.serverVersion, now)
        : []),
      ...(kernel !== undefined && isOldKernel(kernel)
        ? [`Linux ${kernel} is older than ${oldestKernel.join('.')}, which nobody maintains upstream any more.`]
        : []),
    ];
    if (problems.length > 0) {
      const fix =
        'Update what is named: there are no more security fixes for it. For IoT Edge see https://aka.ms/iotedge-update-runtime.';
      return { status: 'warning', details: problems, fix, info };
    }
    if (edge === undefined && engine === undefined) {
      const missing = 'unavailable' in engineInfo ? engineInfo : undefined;
      const why = missing?.why ?? 'No version of anything is known.';
      return { status: 'skipped', reason: missing?.unavailable ?? 'version-unknown', why, info };
    }
    return { status: 'ok', info };
  },
});

function edgeVersion(
  management: Reading<Facts['management']>,
  system: Reading<Facts['hostSystem']>,
): string | undefined {
  const installed = installedPackage('aziot-edge', system);
  return valueOf(management)?.version ?? ('version' in installed ? installed.version : undefined);
}

function dated(software: ServiceDate['software'], version: string | undefined, now: Date): readonly string[] {
  const entry = serviceDates.find((one) => one.software === software && version?.startsWith(`${one.release}.`));
  if (!entry) return [];
  if (entry.until === undefined) return [`${software} ${version} is not serviced any more.`];
  // The last day counts whole, wherever the device is.
  if (now.getTime() < Date.parse(entry.until) + 2 * day) return [];
  return [`${software} ${version} is out of service: ${entry.release} was serviced until ${entry.until}.`];
}

/** Distributions maintain their builds of an engine that its makers have given up. */
function isDistributions(version: string, system: Reading<Facts['hostSystem']>): boolean {
  const packages = valueOf(system)?.packages;
  return (
    /dfsg|ubuntu/.test(version) ||
    (packages !== undefined && 'versions' in packages && 'docker.io' in packages.versions)
  );
}

function isOldKernel(kernel: string): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map(Number.parseFloat);
  return major < oldestKernel[0] || (major === oldestKernel[0] && minor < oldestKernel[1]);
}
