import { isExempt } from '../../module/base/no-proxy.ts';
import { parseProxy, proxyAuthorization, showProxy } from '../../module/facts/proxy.ts';

test.each([
  ['http://proxy:3128', 'http://proxy:3128'],
  ['proxy.example:3128', 'http://proxy.example:3128'],
  ['http://edge:hunter2@proxy:3128', 'http://***@proxy:3128'],
  ['edge:hunter2@proxy:3128', 'http://***@proxy:3128'],
  ['https://edge@proxy', 'https://***@proxy'],
  ['HTTP://proxy:80/', 'http://proxy'],
  ['socks5://proxy:1080', '(not an address)'],
  ['http://edge:hun ter2@', '(not an address)'],
  ['', ''],
])('%s is shown as %s', (text, shown) => {
  expect(showProxy(text)).toBe(shown);
});

test('the authorization has the decoded user and password', () => {
  const proxy = parseProxy('http://edge:p%40ss@proxy:3128');
  if (!proxy) throw new Error('no proxy');
  expect(proxyAuthorization(proxy)).toBe(`Basic ${Buffer.from('edge:p@ss').toString('base64')}`);
});

test.each<[noProxy: string, host: string, expected: boolean]>([
  ['', 'hub.example', false],
  ['*', 'hub.example', true],
  ['hub.example', 'HUB.example', true],
  ['example', 'hub.example', true],
  ['.example', 'hub.example', true],
  ['*.example', 'hub.example', true],
  ['ample', 'hub.example', false],
  ['localhost, 127.0.0.1 hub.example', 'hub.example', true],
  ['hub.example:443', 'hub.example', true],
  ['hub.example:8883', 'hub.example', false],
])('no_proxy "%s" exempts %s: %s', (noProxy, host, expected) => {
  expect(isExempt(noProxy, host, 443)).toBe(expected);
});
