import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { CheckResult } from '../../module/checks/run.ts';
import { hostFiles } from '../../sim/host/files.ts';
import { hostWith } from '../facts/support/host-files.ts';

const names = { hostname: 'edge1', deviceId: 'edge1', hubHostName: 'hub.example' };
const device = Object.fromEntries(hostFiles(names).map(({ path, text }) => [`/${path}`, text]));
const child = new URL('./support/unprivileged-child.ts', import.meta.url).pathname;
const unreadable = '/etc/aziot/keyd/config.d/00-super.toml';

test('F3: a keyd file that may not be read is skipped with reason permission-denied, and the run goes on', async () => {
  await using host = await hostWith(device);
  await chmod(host.at('/'), 0o755);
  await chmod(host.at(unreadable), 0o000);
  const ids = ['keyd-config-well-formed', 'certd-config-well-formed', 'identityd-config-well-formed'];
  const { stdout } = await promisify(execFile)(process.execPath, [child, host.at('/'), ...ids], { timeout: 20_000 });
  const [keyd, ...others] = JSON.parse(stdout) as CheckResult[];
  expect(keyd).toMatchObject({
    id: 'keyd-config-well-formed',
    outcome: 'skipped',
    reason: 'permission-denied',
    why: expect.stringContaining(unreadable),
    iotedgeCheck: 'fatal',
  });
  expect(others.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
});
