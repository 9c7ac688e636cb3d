import { containerConnectUpstreamMqtt } from '../../module/checks/container-connect-upstream-mqtt.ts';
import { container, containers, options, refused, seen, upstream } from './support/readings.ts';

const judge = (reading = upstream()) => {
  const edgeContainers = containers(container('edgeAgent', { upstreamProtocol: 'Mqtt' }));
  return containerConnectUpstreamMqtt.judge(seen({ edgeContainers, upstream: reading }), options);
};

test('it is about port 8883', () => {
  expect(judge()).toMatchObject({ status: 'ok', info: { upstream_port: 'Mqtt' } });
  expect(judge(upstream({ dials: { mqtt: refused(8883) } }))).toMatchObject({
    status: 'failed',
    details: [
      'Container on the azure-iot-edge network could not connect to hub.example:8883',
      'connect ECONNREFUSED 10.0.0.1:8883',
    ],
  });
});
