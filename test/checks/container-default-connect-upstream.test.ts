import { containerDefaultConnectUpstreamAmqp } from '../../module/checks/container-default-connect-upstream-amqp.ts';
import { containerDefaultConnectUpstreamHttps } from '../../module/checks/container-default-connect-upstream-https.ts';
import { containerDefaultConnectUpstreamMqtt } from '../../module/checks/container-default-connect-upstream-mqtt.ts';
import { container, containers, options, refused, seen, upstream } from './support/readings.ts';

const blocked = upstream({ dials: { amqp: refused(5671), https: refused(443), mqtt: refused(8883) } });

test.each([
  [containerDefaultConnectUpstreamAmqp, 'AmqpWs', 5671, 'warning'],
  [containerDefaultConnectUpstreamHttps, 'MqttWs', 443, 'failed'],
  [containerDefaultConnectUpstreamMqtt, 'Mqtt', 8883, 'failed'],
] as const)(
  '%# names the default network and its port, and whether modules reach it',
  (check, protocol, port, status) => {
    const edgeContainers = containers(container('edgeAgent', { upstreamProtocol: protocol }));
    const verdict = check.judge(seen({ edgeContainers, bridgeUpstream: blocked }), options);
    expect(verdict).toMatchObject({
      status,
      details: expect.arrayContaining([
        `Container on the default network could not connect to hub.example:${port}`,
        "From the modules' network it works.",
      ]),
      info: { network_name: 'bridge' },
    });
  },
);

test('a bridge that cannot be seen is a skip', () => {
  expect(containerDefaultConnectUpstreamAmqp.judge(seen({}), options)).toMatchObject({ reason: 'docker-unavailable' });
});
