import { desiredTopic, maySubscribe, methodTopic, readTopic, twinAnswerTopic } from '../../sim/hub/topics.ts';

const read = (topic: string) => readTopic(topic, 'dev', 'mod');

test.each([
  ['$iothub/methods/res/200/?$rid=1a', { kind: 'methodAnswer', status: 200, rid: '1a' }],
  ['$iothub/methods/res/-1/?$rid=1', { kind: 'methodAnswer', status: -1, rid: '1' }],
  ['$iothub/twin/GET/?$rid=6d1f', { kind: 'twinGet', rid: '6d1f' }],
  ['$iothub/twin/PATCH/properties/reported/?$rid=7', { kind: 'reported', rid: '7' }],
  ['$iothub/twin/PATCH/properties/reported/?$rid=7&$version=3', { kind: 'reported', rid: '7' }],
  ['devices/dev/modules/mod/messages/events/$.mid=1', { kind: 'telemetry', bag: '$.mid=1' }],
])('%s is read', (topic, expected) => {
  expect(read(topic)).toEqual(expected);
});

test.each([
  'devices/dev/modules/other/messages/events/',
  'devices/other/modules/mod/messages/events/',
  'devices/dev/messages/events/',
  '$iothub/methods/POST/Ping/?$rid=1',
  '$iothub/methods/res/200/',
  '$iothub/methods/res/ok/?$rid=1',
  '$iothub/twin/get/?$rid=1',
  '$iothub/twin/PATCH/properties/desired/?$rid=1',
  'anything',
])('%s may not be published to', (topic) => {
  expect(read(topic)).toBeUndefined();
});

test('a module subscribes to its own topics only', () => {
  expect(maySubscribe('$iothub/methods/POST/#', 'dev', 'mod')).toBe(true);
  expect(maySubscribe('devices/dev/modules/mod/inputs/#', 'dev', 'mod')).toBe(true);
  expect(maySubscribe('devices/dev/modules/other/inputs/#', 'dev', 'mod')).toBe(false);
  expect(maySubscribe('#', 'dev', 'mod')).toBe(false);
});

test('topics are written as IoT Hub writes them', () => {
  expect(methodTopic('Ping', '1f')).toBe('$iothub/methods/POST/Ping/?$rid=1f');
  expect(twinAnswerTopic(204, 'a', 7)).toBe('$iothub/twin/res/204/?$rid=a&$version=7');
  expect(twinAnswerTopic(200, 'a')).toBe('$iothub/twin/res/200/?$rid=a');
  expect(desiredTopic(3)).toBe('$iothub/twin/PATCH/properties/desired/?$version=3');
});
