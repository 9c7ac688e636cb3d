import { isExempt, proxyAgent, readProxyVariables } from '../../module/hub/proxy.ts';

test.each([
  ['hub.example', true],
  ['.example', true],
  ['*.example', true],
  ['example', true],
  ['other, hub.example:443', true],
  ['*', true],
  ['', false],
  ['hub.example:8883', false],
  ['b.example', false],
  ['hub.example.org', false],
])('no_proxy "%s" exempts hub.example:443: %s', (noProxy, exempt) => {
  expect(isExempt(noProxy, 'HUB.example', 443)).toBe(exempt);
});

test('both spellings are read, lower case first', () => {
  expect(readProxyVariables({ HTTPS_PROXY: 'a', https_proxy: 'b', NO_PROXY: 'c' })).toEqual({
    httpsProxy: 'b',
    noProxy: 'c',
  });
  expect(readProxyVariables({ https_proxy: '' })).toEqual({ httpsProxy: undefined, noProxy: undefined });
});

test('there is an agent only where the proxy is to be used; one that is no address is not shown', () => {
  const httpsProxy = 'proxy.example:3128';
  expect(proxyAgent({ httpsProxy, noProxy: undefined }, 'hub.example', 443)).toBeDefined();
  expect(proxyAgent({ httpsProxy, noProxy: 'hub.example' }, 'hub.example', 443)).toBeUndefined();
  expect(proxyAgent({ httpsProxy: undefined, noProxy: undefined }, 'hub.example', 443)).toBeUndefined();
  const broken = { httpsProxy: 'http://user:hunter2@[', noProxy: undefined };
  expect(() => proxyAgent(broken, 'hub.example', 443)).toThrow(/^The variable https_proxy holds no address\.$/);
});
