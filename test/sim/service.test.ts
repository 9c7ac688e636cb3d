import { createHmac } from 'node:crypto';

import { serviceSas } from '../../sim/service.ts';

test('a service SAS signs the hub name and the expiry with the decoded key', () => {
  const key = Buffer.from('a service key').toString('base64');
  const before = Math.floor(Date.now() / 1000);
  const sas = serviceSas(`HostName=hub.example.com;SharedAccessKeyName=owner;SharedAccessKey=${key}`, 60);
  expect(sas.startsWith('SharedAccessSignature ')).toBe(true);
  const fields = new URLSearchParams(sas.slice('SharedAccessSignature '.length));
  expect(fields.get('sr')).toBe('hub.example.com');
  expect(fields.get('skn')).toBe('owner');
  expect(Number(fields.get('se')) - before - 60).toBeLessThanOrEqual(1);
  const signed = createHmac('sha256', 'a service key')
    .update(`hub.example.com\n${fields.get('se')}`)
    .digest('base64');
  expect(fields.get('sig')).toBe(signed);
});
