import { getCACertificates } from 'node:tls';
import { passOn } from '../../module/facts/pass-on.ts';
import { readTrust } from '../../module/facts/trust.ts';
import { dockerWithAgent, worldWith } from './support/world.ts';

const { signal } = new AbortController();

test("edgeAgent's proxy goes along as it is set, since there is no engine to ask in a helper container", async () => {
  const docker = dockerWithAgent(['https_proxy=http://edge:hunter2@proxy:3128', 'no_proxy=hub.lan']);
  expect(await passOn(worldWith({ docker }), 1000, signal)).toMatchObject({
    proxy: { url: 'http://edge:hunter2@proxy:3128', noProxy: 'hub.lan', from: "edgeAgent's environment" },
  });
});

test('of what this module trusts only that goes along which does not come with Node', async () => {
  const { trust, ...rest } = await passOn(worldWith({}), 1000, signal);
  expect(rest).toEqual({});
  // Whoever runs this may have set NODE_EXTRA_CA_CERTS.
  const roots = new Set(getCACertificates('bundled').map((pem) => pem.trim()));
  expect(trust?.alsoBundled).toBe(trust && true);
  expect(trust?.ca.filter((pem) => roots.has(pem.trim()))).toEqual(trust && []);
});

test('a store that was given is the one that counts there too', async () => {
  const trust = { from: 'here', ca: ['PEM'], alsoBundled: true };
  const passed = await passOn(worldWith({ targets: { trust } }), 1000, signal);
  expect(passed).toEqual({ trust });
  expect(await readTrust(worldWith({ targets: passed }), 1000, signal)).toEqual({ from: 'here', store: trust });
});
