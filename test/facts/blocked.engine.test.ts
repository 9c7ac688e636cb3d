import { createServer } from 'node:https';
import { containerConnectUpstreamMqtt } from '../../module/checks/container-connect-upstream-mqtt.ts';
import { containerDefaultConnectUpstreamMqtt } from '../../module/checks/container-default-connect-upstream-mqtt.ts';
import { hostConnectIothubAmqp } from '../../module/checks/host-connect-iothub-amqp.ts';
import { hostConnectIothubHttps } from '../../module/checks/host-connect-iothub-https.ts';
import { removeContents } from '../../sim/engine/labelled.ts';
import { type Engine, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { dropPackets } from '../../sim/packets.ts';
import { createPki } from '../../sim/pki.ts';
import { container, containers, noEngine, options, seen } from '../checks/support/readings.ts';
import { testEngine } from '../support/local-edge.ts';
import { readInside } from './support/namespace.ts';
import { listening } from './support/servers.ts';

let engine: Engine;
beforeAll(() => {
  engine = testEngine();
});
afterAll(() => removeContents(engine.docker, `${simLabel}=${engine.runId}`), 60_000);

const using = (upstreamProtocol: string) => containers(container('edgeAgent', { upstreamProtocol }));

test('F31: a firewall drops what goes to 5671: timed out, under our own shorter limit', async () => {
  const pki = await createPki();
  const drop = 'ip link set lo up && iptables -A OUTPUT -p tcp --dport 5671 -j DROP && exec "$@"';
  const { hostUpstream } = await readInside(['unshare', '-n', 'sh', '-c', drop, 'sh'], {
    names: ['hostUpstream'],
    env: {},
    targets: { trust: { from: "the test's root", ca: [pki.rootCertificate] } },
    limitMs: 3000,
    serve: await pki.server(['127.0.0.1']),
  });
  const facts = seen({ hostUpstream, edgeContainers: using('Amqp') });
  expect(hostConnectIothubAmqp.judge(facts, options)).toMatchObject({
    status: 'failed',
    details: [
      expect.stringMatching(/^Failed to do TLS Handshake, Connection Attempt Timed out in 2(\.\d)? Seconds$/),
      expect.stringMatching(/^Connecting to 127\.0\.0\.1:5671 did not finish within 2(\.\d)? s$/),
    ],
    fix: expect.stringContaining('firewall rule that allows outgoing TCP from the device to 127.0.0.1:5671'),
  });
  expect(hostConnectIothubHttps.judge(facts, options).status).toBe('ok');
}, 30_000);

test("F62: the modules' network has no way out and the default bridge has", async () => {
  const pki = await createPki();
  const { gateway } = engine.uplink;
  const { chain: cert, privateKey: key } = await pki.server([gateway]);
  await using hub = await listening(createServer({ cert, key }), gateway);
  const image = await buildWorkloadImage(engine.docker);
  const labels = { [simLabel]: engine.runId };
  const startOn = async (at: string) => {
    const made = await engine.docker.createContainer({
      Image: image,
      Entrypoint: ['sleep', '60'],
      Labels: labels,
      HostConfig: { NetworkMode: at },
    });
    await made.start();
    const { State: state } = await made.inspect();
    return { id: made.id, inside: ['nsenter', '-t', String(state.Pid), '-n'] as const };
  };
  const [edge, bridge] = [await startOn(engine.edge.network), await startOn('bridge')];
  // An internal network would not do: the hub of this test is the host itself, which containers reach all the same.
  await dropPackets(engine, edge.id, { address: gateway });
  const request = {
    env: { iothubHostname: gateway },
    targets: {
      ports: { amqp: hub.port, https: hub.port, mqtt: hub.port },
      trust: { from: "the test's root", ca: [pki.rootCertificate] },
    },
    limitMs: 3000,
  };
  const { upstream } = await readInside(edge.inside, { ...request, names: ['upstream'] });
  const { bridgeUpstream } = await readInside(bridge.inside, { ...request, names: ['bridgeUpstream'] });

  const facts = seen({ upstream, bridgeUpstream, edgeContainers: using('Mqtt'), hostUpstream: noEngine });
  expect(containerConnectUpstreamMqtt.judge(facts, options)).toMatchObject({
    status: 'failed',
    details: [
      `Container on the azure-iot-edge network could not connect to ${gateway}:${hub.port}`,
      expect.any(String),
      'From the default bridge it works.',
    ],
    fix: expect.stringContaining('the network may be internal'),
  });
  expect(containerDefaultConnectUpstreamMqtt.judge(facts, options)).toMatchObject({ status: 'ok' });
}, 60_000);
