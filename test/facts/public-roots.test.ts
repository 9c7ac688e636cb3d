import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { readPublicRoots } from '../../module/facts/public-roots.ts';
import { createPki } from '../../sim/pki.ts';

test('what comes with Node is public, what somebody else made is not, not even under a public name', async () => {
  const { issued } = readPublicRoots();
  const bundled = getCACertificates('bundled').map((pem) => new X509Certificate(pem));
  expect(bundled.filter((root) => !issued(root)).map(({ subject }) => subject)).toEqual([]);
  const pki = await createPki();
  expect(issued(new X509Certificate(pki.rootCertificate))).toBe(false);
  expect(issued(new X509Certificate(pki.edgeCa.certificate))).toBe(false);
});
