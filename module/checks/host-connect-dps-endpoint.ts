import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { dialInfo } from './dial-info.ts';
import { handshakeProblem, hostPlaces } from './host-connect.ts';
import { nextStep } from './next-step.ts';
import { rewritingOf } from './rewriting.ts';

export const hostConnectDpsEndpoint = defineCheck({
  id: 'host-connect-dps-endpoint',
  section: 'Connectivity checks (aziot-identity-service)',
  title: 'host can connect to and perform TLS handshake with DPS endpoint',
  needs: ['dps'],
  judge({ dps }): Verdict {
    if ('unavailable' in dps) return skippedFor(dps);
    const { source, endpoint, dialled } = dps.value;
    const info = { dps_endpoint: endpoint ?? null, dps_hostname: dialled?.dial.host ?? null };
    if (source !== 'dps') {
      return {
        status: 'ignored',
        why: `The device is not provisioned by DPS (provisioning.source is ${source}).`,
        info,
      };
    }
    if (!dialled) {
      return {
        status: 'failed',
        details: ['URL specified in provisioning.global_endpoint does not have a host'],
        fix: "Correct provisioning.global_endpoint in /etc/aziot/config.toml on the device and run 'sudo iotedge config apply'.",
        info,
      };
    }
    const { dial, lookup, trustStore, proxyFrom } = dialled;
    const shown = { ...info, ...dialInfo(dial, trustStore, proxyFrom) };
    const problem = handshakeProblem(dial);
    if (problem === undefined) return { status: 'ok', info: shown };
    const unknownName = 'error' in lookup;
    return {
      status: 'failed',
      details: problem,
      fix: nextStep({ ...hostPlaces, dial, unknownName, rewriting: rewritingOf(dial, []), worksElsewhere: false }),
      info: shown,
    };
  },
});
