import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { defineCheck } from './check.ts';
import { installedPackage } from './installed-package.ts';
import { type Installed, judgePackage, type PackageWords } from './package-version.ts';

const words: PackageWords = {
  component: 'aziot-edge',
  installed: 'IoT Edge daemon',
  update: 'https://aka.ms/iotedge-update-runtime',
  problem({ kind, status }) {
    const reasons = {
      'no-answer': 'could not send HTTP request',
      timeout: 'HTTP request timed out',
      status: `response failed with status code ${status}`,
      'no-location': 'redirect response has invalid or missing location header',
      unreadable: 'could not read HTTP response',
    };
    return `Error while fetching latest versions of edge components: ${reasons[kind]}`;
  },
};

export const aziotEdgeVersion = defineCheck({
  id: 'aziot-edge-version',
  section: 'Configuration checks',
  title: 'aziot-edge package is up-to-date',
  needs: ['environment', 'management', 'hostSystem', 'latestVersions'],
  judge({ environment, management, hostSystem, latestVersions }, options) {
    const nested = valueOf(environment)?.parentHostname !== undefined;
    return judgePackage(words, installedOf(management, hostSystem), latestVersions, nested, options);
  },
});

/** What runs, as edged says itself; what is installed where it does not answer. */
function installedOf(management: Reading<Facts['management']>, hostSystem: Reading<Facts['hostSystem']>): Installed {
  const version = valueOf(management)?.version?.split(' ')[0];
  if (version) return { version, from: "edged's management API" };
  return installedPackage('aziot-edge', hostSystem);
}
