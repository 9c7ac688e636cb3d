import { readProperties } from '../../module/hub/properties.ts';

type Pairs = readonly (readonly [string, string])[];

test.each<[bag: string, application: Pairs, system: Pairs]>([
  ['', [], []],
  ['/', [], []],
  [
    'a=1&b%20c=%2F%26',
    [
      ['a', '1'],
      ['b c', '/&'],
    ],
    [],
  ],
  [
    '%24.ct=application%2Fjson&%24.ce=utf-8/',
    [],
    [
      ['contentType', 'application/json'],
      ['contentEncoding', 'utf-8'],
    ],
  ],
  // As edgeHub's own test of its converter has it.
  [
    'Foo=Bar&%24.mid=m1&%24.cdid=fromDevice1&%24.cmid=fromModule1',
    [['Foo', 'Bar']],
    [
      ['messageId', 'm1'],
      ['connectionDeviceId', 'fromDevice1'],
      ['connectionModuleId', 'fromModule1'],
    ],
  ],
  ['$.on=alerts&x=1+1', [['x', '1+1']], [['outputName', 'alerts']]],
  [
    'novalue&=nameless&bad=%E0%A4%A',
    [
      ['novalue', ''],
      ['bad', '%E0%A4%A'],
    ],
    [],
  ],
  [
    '__proto__=x&iothub-operation=y',
    [
      ['__proto__', 'x'],
      ['iothub-operation', 'y'],
    ],
    [],
  ],
])('the properties %s are read', (bag, application, system) => {
  const read = readProperties(bag);
  expect([...read.application]).toEqual(application);
  expect([...read.system]).toEqual(system);
});
