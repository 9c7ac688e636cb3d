import { portConflicts } from '../../module/checks/port-conflicts.ts';
import type { EdgeContainer } from '../../module/facts/edge-containers.ts';
import { container, containers, noEngine, noHost, options, value } from './support/readings.ts';

const port = (host: number, address = '', protocol = 'tcp') => ({ container: `${host}/${protocol}`, host, address });
const hub = container('edgeHub', { ports: [port(443), port(8883)] });
const listening = (...ports: readonly number[]) =>
  value({ unix: [], tcp: ports.map((one) => ({ address: '0.0.0.0', port: one })) });
const judge = (all: readonly EdgeContainer[], sockets = listening(443, 8883)) =>
  portConflicts.judge({ edgeContainers: containers(...all), hostSockets: sockets }, options);

test('different ports, addresses or protocols get along', () => {
  const others = [
    container('web', { ports: [port(8080), port(0)] }),
    container('dns', { ports: [port(8080, '', 'udp')] }),
    container('a', { ports: [port(9000, '10.0.0.1')] }),
    container('b', { ports: [port(9000, '10.0.0.2')] }),
  ];
  expect(judge([hub, ...others])).toMatchObject({ status: 'ok' });
});

test.each(['', '0.0.0.0', '::', '10.0.0.1'])('two modules that ask for one port (address "%s")', (address) => {
  const web = container('web', { state: 'created', ports: [port(443, address), port(443, address)] });
  expect(judge([hub, web])).toMatchObject({
    status: 'failed',
    details: ['edgeHub and web both ask for port 443/tcp of the host.'],
  });
});

test("the engine's own words when it could not start a module are given", () => {
  const error =
    'driver failed programming external connectivity: Bind for 0.0.0.0:80 failed: port is already allocated';
  const web = container('web', { state: 'created', error, ports: [port(80)] });
  expect(judge([hub, web], listening(80))).toMatchObject({
    status: 'failed',
    details: [`web could not be started: ${error}`],
  });
});

test('something else that listens on the port of a module that does not run', () => {
  const stopped = { ...hub, state: 'exited' };
  expect(judge([stopped], listening(443))).toMatchObject({
    status: 'failed',
    details: ['edgeHub does not run, and something else listens on its port 443.'],
  });
  expect(judge([stopped], listening(22)).status).toBe('ok');
});

test('without the host the modules are judged alone, without the engine nothing is', () => {
  const facts = { edgeContainers: containers(hub), hostSockets: noHost };
  expect(portConflicts.judge(facts, options)).toMatchObject({
    status: 'ok',
    info: { not_seen: 'what else listens on the host' },
  });
  expect(portConflicts.judge({ ...facts, edgeContainers: noEngine }, options).status).toBe('skipped');
});
