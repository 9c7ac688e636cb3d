import type { Reading } from '../facts/fact.ts';
import type { HostSystemReading } from '../facts/host-system.ts';
import { type Installed, plainVersion } from './package-version.ts';

/** The version of an installed package of IoT Edge. */
export function installedPackage(
  name: 'aziot-edge' | 'aziot-identity-service',
  hostSystem: Reading<HostSystemReading>,
): Installed {
  if ('unavailable' in hostSystem) return { reason: hostSystem.unavailable, why: hostSystem.why };
  const { packages } = hostSystem.value;
  if ('unknown' in packages) return { reason: 'version-unknown', why: packages.unknown };
  const version = packages.versions[name];
  if (version === undefined) return { reason: 'version-unknown', why: `dpkg knows no installed package ${name}.` };
  return { version: plainVersion(version), from: `the package ${name} ${version}` };
}
