import { createRequire } from 'node:module';
import mqttPacket from 'mqtt-packet';
import '../../module/hub/transport.ts';

test('the SDK keeps no table of numbers: its copy of mqtt-packet is the one that is told so', () => {
  const sdk = createRequire(createRequire(import.meta.url).resolve('azure-iot-mqtt-base'));
  const mqtt = createRequire(sdk.resolve('mqtt'));
  expect(mqtt('mqtt-packet')).toBe(mqttPacket);
  expect(mqttPacket.writeToStream.cacheNumbers).toBe(false);
});
