import { parseMetrics } from '../../module/facts/prometheus.ts';

test('samples with and without labels, escaped quotes, timestamps and infinity; comments and noise are left out', () => {
  const page = [
    '# HELP edgehub_queue_length Number of messages',
    '# TYPE edgehub_queue_length gauge',
    'edgehub_queue_length{iothub="hub.example",endpoint="iothub",priority="2000000000"} 12 1767225600000',
    'up 1',
    'odd{text="a \\"quoted\\" {brace}, comma\\n",empty=""} 1.5e3',
    'limit{le="+Inf"} +Inf',
    'nan 5x',
    '<html>',
    '',
  ].join('\n');
  expect(parseMetrics(page)).toEqual([
    {
      name: 'edgehub_queue_length',
      labels: { iothub: 'hub.example', endpoint: 'iothub', priority: '2000000000' },
      value: 12,
    },
    { name: 'up', labels: {}, value: 1 },
    { name: 'odd', labels: { text: 'a "quoted" {brace}, comma\n', empty: '' }, value: 1500 },
    { name: 'limit', labels: { le: '+Inf' }, value: Number.POSITIVE_INFINITY },
  ]);
});
