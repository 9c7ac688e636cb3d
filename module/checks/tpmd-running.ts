import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { defineCheck, type Verdict } from './check.ts';
import { judgeDaemon } from './daemon-running.ts';

export const tpmdRunning = defineCheck({
  id: 'tpmd-running',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'tpmd is running',
  needs: ['hostSockets', 'hostConfig'],
  judge({ hostSockets, hostConfig }): Verdict {
    const provisioning = provisioningOf(hostConfig);
    if (provisioning && !(provisioning.source === 'dps' && provisioning.method === 'tpm')) {
      return { status: 'ignored', why: 'The device is not provisioned with a TPM.' };
    }
    const verdict = judgeDaemon('tpmd', hostSockets);
    if (provisioning || verdict.status !== 'failed') return verdict;
    // The original takes it as wanted when it cannot read the configuration; here that would be a guess.
    return {
      status: 'skipped',
      reason: 'unknown',
      why: 'tpmd does not listen, and whether the device is provisioned with a TPM is not known.',
      ...(verdict.info ? { info: verdict.info } : {}),
      iotedgeCheck: 'error',
    };
  },
});

function provisioningOf(hostConfig: Reading<Facts['hostConfig']>) {
  const identityd = valueOf(hostConfig)?.identityd;
  return identityd && 'value' in identityd ? identityd.value.provisioning : undefined;
}
