import { tpmdRunning } from '../../module/checks/tpmd-running.ts';
import type { Missing, Reading } from '../../module/facts/fact.ts';
import type { Facts } from '../../module/facts/index.ts';
import { hostSockets, noHost, options, value } from './support/readings.ts';

const socket = '/run/aziot/tpmd.sock';
const provisioned = (source: 'manual' | 'dps' | 'none', method?: string): Reading<Facts['hostConfig']> => {
  const provisioning = { source, ...(method === undefined ? {} : { method }) };
  return value({ identityd: { value: { hostname: 'edge1', provisioning } } } as Facts['hostConfig']);
};
const judge = (hostConfig: Reading<Facts['hostConfig']>, sockets: Reading<Facts['hostSockets']> | Missing) =>
  tpmdRunning.judge({ hostConfig, hostSockets: sockets }, options);

test('F28: with manual provisioning tpmd may be absent', () => {
  expect(judge(provisioned('manual', 'sas'), hostSockets(socket)).status).toBe('ignored');
  expect(judge(provisioned('dps', 'x509'), noHost).status).toBe('ignored');
});

test('with DPS and a TPM it must listen', () => {
  expect(judge(provisioned('dps', 'tpm'), hostSockets()).status).toBe('ok');
  expect(judge(provisioned('dps', 'tpm'), hostSockets(socket))).toMatchObject({
    status: 'failed',
    details: ['Could not connect to tpmd on unix:///run/aziot/tpmd.sock', expect.any(String)],
  });
});

test('where the provisioning is not known, only a socket that listens is judged', () => {
  const broken = value({ identityd: { problem: { kind: 'syntax', message: 'x' } } } as Facts['hostConfig']);
  for (const config of [noHost, broken]) {
    expect(judge(config, hostSockets()).status).toBe('ok');
    expect(judge(config, hostSockets(socket))).toMatchObject({ status: 'skipped', iotedgeCheck: 'error' });
  }
  expect(judge(noHost, noHost)).toMatchObject({ status: 'skipped', reason: 'host-access-off' });
});
