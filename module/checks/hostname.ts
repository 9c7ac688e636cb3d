import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { isAddress, isRfc1035, longestIssuer, rfc1035Rules } from './host-name.ts';

export const hostname = defineCheck({
  id: 'hostname',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'identityd config toml file specifies a valid hostname',
  needs: ['hostConfig', 'engineInfo', 'environment'],
  judge({ hostConfig, engineInfo, environment }): Verdict {
    const config = valueOf(hostConfig)?.identityd;
    if (config && 'problem' in config) {
      return { status: 'skipped', reason: 'previous-failure', why: "identityd's configuration could not be read." };
    }
    // edgeAgent hands the configured name to every module.
    const name = config?.value.hostname ?? valueOf(environment)?.gatewayHostname;
    if (name === undefined) {
      return skippedFor(
        'unavailable' in hostConfig ? hostConfig : { unavailable: 'unknown', why: 'No name is known.' },
      );
    }
    const source = config ? {} : { hostname_from: 'IOTEDGE_GATEWAYHOSTNAME' };
    if (isAddress(name)) return { status: 'ok', info: { config_hostname: name, machine_hostname: name, ...source } };
    if ('unavailable' in engineInfo) return skippedFor(engineInfo, { config_hostname: name, ...source });
    const machine = engineInfo.value.hostname;
    const info = { config_hostname: name, machine_hostname: machine, ...source };
    const [lower, own] = [name.toLowerCase(), machine.toLowerCase()];
    if (lower !== own && !lower.startsWith(`${own}.`)) {
      return {
        status: 'failed',
        details: [
          `identityd config has hostname ${name} but device reports hostname ${machine}.\n` +
            'Hostname in identityd config must either be identical to the device hostname or be a fully-qualified domain ' +
            'name that has the device hostname as the first component.',
        ],
        fix: "Set hostname in /etc/aziot/config.toml to the device's name and run 'sudo iotedge config apply', or rename the device.",
        info,
      };
    }
    const fix =
      "Choose another name for the device and for hostname in /etc/aziot/config.toml, then 'sudo iotedge config apply'.";
    if (!isRfc1035(name)) {
      const first = `identityd config has hostname ${name} which does not comply with RFC 1035.`;
      return { status: 'warning', details: [`${first}\n${rfc1035Rules}`], fix, info };
    }
    if (name.length > longestIssuer) {
      const details = [`identityd config hostname ${name} is too long to be used as a certificate issuer`];
      return { status: 'warning', details, fix, info };
    }
    return { status: 'ok', info };
  },
});
