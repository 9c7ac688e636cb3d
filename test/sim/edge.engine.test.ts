import { access, readdir } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';

import { startLocalEdge } from '../../sim/edge.ts';
import { simLabel } from '../../sim/engine.ts';
import { startTestEdge, testEngine } from '../support/local-edge.ts';

const engine = testEngine();
const ours = async () => {
  const label = [`${simLabel}=${engine.runId}`];
  return (await engine.docker.listContainers({ all: true, filters: { label } })).length;
};
const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('edge-sim-'));

function getJson(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, async (response) => {
      resolve(JSON.parse(Buffer.concat(await response.toArray()).toString()));
    });
    asked.on('error', reject).end();
  });
}

test('a whole device starts, behaves as one without our module, and goes without a trace', async () => {
  const before = await folders();
  const edge = await startTestEdge();
  try {
    expect(Object.keys(await edge.moduleEnv()).sort()).toEqual([
      'IOTEDGE_APIVERSION',
      'IOTEDGE_AUTHSCHEME',
      'IOTEDGE_DEVICEID',
      'IOTEDGE_GATEWAYHOSTNAME',
      'IOTEDGE_IOTHUBHOSTNAME',
      'IOTEDGE_MODULEGENERATIONID',
      'IOTEDGE_MODULEID',
      'IOTEDGE_WORKLOADURI',
      'RuntimeLogLevel',
      'UpstreamProtocol',
    ]);
    await expect(edge.invoke('Ping')).rejects.toThrow(/^The hub refused Ping on edgeSupport: .*404103/);
    const socket = edge.workload.uri.slice('unix://'.length);
    const listed = (await getJson(socket, '/modules?api-version=2022-08-03')) as {
      modules: { name: string; status: { runtimeStatus: { status: string } } }[];
    };
    expect(listed.modules.map(({ name }) => name).sort()).toEqual([
      'SimulatedTemperatureSensor',
      'crasher',
      'edgeAgent',
      'edgeHub',
      'ttyModule',
    ]);
    expect(listed.modules.find(({ name }) => name === 'edgeAgent')?.status.runtimeStatus.status).toBe('running');
    await access(edge.host.hostRoot);
  } finally {
    await edge.stop();
  }
  expect(await ours()).toBe(0);
  expect(await folders()).toEqual(before);
  expect(await engine.docker.ping()).toBeTruthy();
}, 60_000);

test('a start that fails half-way stops what it had started', async () => {
  const before = await folders();
  const blocker = createServer().listen(10_000, engine.uplink.gateway);
  try {
    await expect(startTestEdge()).rejects.toThrow('EADDRINUSE');
  } finally {
    blocker.close();
  }
  expect(await ours()).toBe(0);
  expect(await folders()).toEqual(before);
  const again = await startTestEdge({ workloads: false });
  await again.stop();
}, 60_000);

test('a start that is interrupted stops what it had started', async () => {
  const before = await folders();
  const stop = new AbortController();
  const log = (line: string) => {
    if (line.startsWith('Blob Storage')) stop.abort(new Error('interrupted'));
  };
  await expect(startLocalEdge({ engine, log, signal: stop.signal })).rejects.toThrow('interrupted');
  expect(await ours()).toBe(0);
  expect(await folders()).toEqual(before);
}, 60_000);
