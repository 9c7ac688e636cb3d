import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { type Certified, createPki } from '../../sim/pki.ts';

/** What a TLS client that trusts `ca` says about the server's certificate; 'ok' when it takes it. */
async function judge(certified: Certified, ca: string, host: string): Promise<string> {
  const server = tls.createServer({ key: certified.privateKey, cert: certified.chain }, (socket) => socket.end());
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    return await new Promise((resolve) => {
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        ca,
        checkServerIdentity: (_, cert) => tls.checkServerIdentity(host, cert),
      });
      socket.once('secureConnect', () => resolve('ok'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on('close', () => socket.destroy());
    });
  } finally {
    server.close();
  }
}

test('a server certificate of the edge CA is trusted through the root, for its DNS names and IP addresses', async () => {
  const pki = await createPki();
  const server = await pki.server(['edge.example', '127.77.1.2']);
  expect(await judge(server, pki.rootCertificate, 'edge.example')).toBe('ok');
  expect(await judge(server, pki.rootCertificate, '127.77.1.2')).toBe('ok');
  expect(await judge(server, pki.rootCertificate, 'other.example')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  expect(new X509Certificate(server.certificate).issuer).toBe(new X509Certificate(pki.edgeCa.certificate).subject);
});

test('the chain holds the intermediate, and a certificate of the root needs none', async () => {
  const pki = await createPki();
  const byEdge = await pki.server(['a'], { issuer: 'edgeCa' });
  const byRoot = await pki.server(['a'], { issuer: 'root' });
  expect(byEdge.chain).toContain(pki.edgeCa.certificate);
  expect(byRoot.chain.trim()).toBe(byRoot.certificate);
  expect(await judge({ ...byEdge, chain: byEdge.certificate }, pki.rootCertificate, 'a')).toBe(
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  );
});

test('a certificate can be expired, and another root does not trust it', async () => {
  const pki = await createPki();
  const expired = await pki.server(['a'], { notAfter: new Date(Date.now() - 1000) });
  expect(await judge(expired, pki.rootCertificate, 'a')).toBe('CERT_HAS_EXPIRED');
  const other = await createPki();
  expect(await judge(await pki.server(['a']), other.rootCertificate, 'a')).not.toBe('ok');
});

test('serial numbers differ and validity is as asked', async () => {
  const pki = await createPki();
  const notBefore = new Date('2026-01-02T03:04:05Z');
  const notAfter = new Date('2036-01-02T03:04:05Z');
  const first = new X509Certificate((await pki.server(['a'], { notBefore, notAfter })).certificate);
  const second = new X509Certificate((await pki.server(['a'])).certificate);
  expect(first.serialNumber).not.toBe(second.serialNumber);
  expect(new Date(first.validFrom)).toEqual(notBefore);
  expect(new Date(first.validTo)).toEqual(notAfter);
});
