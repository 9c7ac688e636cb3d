import { valueOf } from '../facts/fact.ts';
import { defineCheck } from './check.ts';
import { installedPackage } from './installed-package.ts';
import { judgePackage, type PackageWords } from './package-version.ts';

const words: PackageWords = {
  component: 'aziot-identity-service',
  installed: 'aziot-identity-service package',
  update: 'https://aka.ms/aziot-update-runtime',
  problem({ kind, status }, url) {
    if (kind === 'status') return `received unexpected response ${status}`;
    if (kind === 'no-location') return 'received HTTP redirect response without location header';
    if (kind === 'unreadable') return 'could not read HTTP response';
    return `could not query ${url} for latest available version`;
  },
};

export const aziotVersion = defineCheck({
  id: 'aziot-version',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'aziot-identity-service package is up-to-date',
  needs: ['environment', 'hostSystem', 'latestVersions'],
  judge({ environment, hostSystem, latestVersions }, options) {
    const nested = valueOf(environment)?.parentHostname !== undefined;
    return judgePackage(words, installedPackage('aziot-identity-service', hostSystem), latestVersions, nested, options);
  },
});
