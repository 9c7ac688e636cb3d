import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { certdRunning } from '../../module/checks/certd-running.ts';
import { identitydRunning } from '../../module/checks/identityd-running.ts';
import { keydRunning } from '../../module/checks/keyd-running.ts';
import type { Reading } from '../../module/facts/fact.ts';
import { type Facts, readFacts } from '../../module/facts/index.ts';
import { hostWith } from '../facts/support/host-files.ts';
import { worldWith } from '../facts/support/world.ts';
import { hostSockets, noHost, options, value } from './support/readings.ts';

const none: Reading<Facts['workload']> = { unavailable: 'not-supported', why: 'It has no workload API.' };
const all = { keyd: keydRunning, certd: certdRunning, identityd: identitydRunning };

test.each(Object.entries(all))('%s: ok when its socket listens', (name, check) => {
  expect(check.judge({ hostSockets: hostSockets(), workload: none }, options)).toEqual({
    status: 'ok',
    info: { socket: `/run/aziot/${name}.sock`, listening: true },
  });
});

test.each(Object.entries(all))('%s: the original error when it does not', (name, check) => {
  expect(check.judge({ hostSockets: hostSockets(`/run/aziot/${name}.sock`), workload: none }, options)).toMatchObject({
    status: 'failed',
    details: [`Could not connect to ${name} on unix:///run/aziot/${name}.sock`, expect.any(String)],
  });
});

test.each(Object.entries(all))('%s: skipped without the host', (_, check) => {
  for (const workload of [none, value({ signed: false, trustBundle: false, problems: ['status 500', 'status 500'] })]) {
    expect(check.judge({ hostSockets: noHost, workload }, options)).toMatchObject({
      status: 'skipped',
      reason: 'host-access-off',
    });
  }
});

test('without the host, what the workload API did for us shows which daemons answer', () => {
  const outcomes = (signed: boolean, trustBundle: boolean) =>
    Object.values(all).map((check) => {
      const workload = value({ signed, trustBundle, problems: [] });
      const verdict = check.judge({ hostSockets: noHost, workload }, options);
      return [verdict.status, verdict.info?.['indirect']];
    });
  const signature = 'The workload API signed for this module, which takes identityd and keyd.';
  const bundle = 'The workload API gave the trust bundle, which certd keeps.';
  expect(outcomes(true, false)).toEqual([
    ['ok', signature],
    ['skipped', undefined],
    ['ok', signature],
  ]);
  expect(outcomes(false, true)).toEqual([
    ['skipped', undefined],
    ['ok', bundle],
    ['skipped', undefined],
  ]);
});

test('F27: with real sockets, certd stopped with its socket is an error and the others are not', async () => {
  await using device = await hostWith({});
  await mkdir(device.at('/run/aziot'), { recursive: true });
  const listen = async (name: string) => {
    const server = createServer().listen(device.at(`/run/aziot/${name}.sock`));
    await once(server, 'listening');
    return server;
  };
  const servers = [await listen('keyd'), await listen('certd'), await listen('identityd')];
  const judge = async () => {
    const readings = await readFacts(['hostSockets'], worldWith({ host: device.host }));
    return Object.values(all).map((check) => check.judge({ ...readings, workload: none }, options).status);
  };
  expect(await judge()).toEqual(['ok', 'ok', 'ok']);
  await new Promise((resolve) => servers[1]?.close(resolve));
  expect(await judge()).toEqual(['ok', 'failed', 'ok']);
  servers[0]?.close();
  servers[2]?.close();
});
