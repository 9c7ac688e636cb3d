import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { isAddress, isRfc1035, longestIssuer, rfc1035Rules } from './host-name.ts';

export const parentHostname = defineCheck({
  id: 'parent_hostname',
  section: 'Configuration checks',
  title: 'configuration has correct parent_hostname',
  needs: ['environment'],
  judge({ environment }): Verdict {
    if ('unavailable' in environment) return skippedFor(environment);
    const { parentHostname: name } = environment.value;
    const info = { config_parent_hostname: name ?? null };
    if (name === undefined) return { status: 'ignored', why: 'The device has no parent.', info };
    if (isAddress(name)) return { status: 'ok', info };
    const fix = "Correct parent_hostname in /etc/aziot/config.toml on the device and run 'sudo iotedge config apply'.";
    if (!isRfc1035(name)) {
      const first = `configuration has parent_hostname ${name} which does not comply with RFC 1035.`;
      return { status: 'warning', details: [`${first}\n${rfc1035Rules}`], fix, info };
    }
    if (name.length > longestIssuer) {
      const details = [`configuration parent_hostname ${name} is too long to be used as a certificate issuer`];
      return { status: 'failed', details, fix, info };
    }
    return { status: 'ok', info };
  },
});
