import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect as dial, type Server, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createPki } from '../../sim/pki.ts';
import { archive, context, folders, mebibyte, noise, sha256, sharedBlob, storageOf } from './support/archive.ts';

const azurite = sharedBlob();
const newFolder = folders();

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy that tunnels, and notes what for; it refuses with `refuse` when that is set. */
async function startProxy(refuse?: string) {
  const seen: string[] = [];
  const server = createServer((request, answer) => {
    seen.push(`${request.method} ${request.url?.split('?')[0]}`);
    answer.writeHead(403).end();
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    socket.on('error', () => undefined);
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse}\r\n\r\n`);
      return;
    }
    const [, port] = request.url?.split(':') ?? [];
    // The name is one that only the proxy can resolve.
    const onward = dial(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
  });
  const port = await listen(server);
  return { seen, address: `127.0.0.1:${port}` };
}

/** Blob Storage over TLS for this name, which no authority that Node trusts has signed. */
async function startTls(name: string): Promise<number> {
  const pki = await createPki();
  const { chain, privateKey } = await pki.server([name]);
  return listen(createTlsServer({ cert: chain, key: privateKey }, (_, answer) => answer.writeHead(201).end()));
}

test('an upload over https goes through https_proxy by CONNECT, with its user and password', async () => {
  const proxy = await startProxy();
  const port = await startTls('acc.blob.test');
  const storage = storageOf({
    folder: await newFolder(),
    variables: { https_proxy: `http://user:pass@${proxy.address}` },
  });
  const task = context(`https://acc.blob.test:${port}/c?sig=abc`);
  // The tunnel stands; what is behind it is not trusted, and that is told at once.
  await expect(storage.deliver(archive(noise(10)), task)).rejects.toThrow(
    /^The certificate of Blob Storage at acc\.blob\.test:\d+ is not trusted \(.*\): .*NODE_EXTRA_CA_CERTS\.$/,
  );
  expect(proxy.seen[0]).toBe(`CONNECT acc.blob.test:${port} Basic ${Buffer.from('user:pass').toString('base64')}`);
});

test.each([
  ['HTTPS_PROXY', 'NO_PROXY'],
  ['https_proxy', 'no_proxy'],
])('%s is passed by for what stands in %s', async (proxyName, exempt) => {
  const proxy = await startProxy();
  const port = await startTls('localhost');
  const variables = { [proxyName]: proxy.address, [exempt]: 'other.test, localhost' };
  const storage = storageOf({ folder: await newFolder(), variables });
  const delivery = storage.deliver(archive(noise(10)), context(`https://localhost:${port}/c?sig=abc`));
  await expect(delivery).rejects.toThrow('is not trusted');
  expect(proxy.seen).toEqual([]);
});

test('plain http does not go through https_proxy, but through http_proxy', async () => {
  const proxy = await startProxy();
  const body = noise(1000);
  const ask = archive(body);
  const direct = storageOf({ folder: await newFolder(), variables: { https_proxy: `http://${proxy.address}` } });
  await direct.deliver(ask, context(azurite.blob.containerSasUrl()));
  await azurite.expectOne(ask.name(), body);
  expect(proxy.seen).toEqual([]);
  const through = storageOf({ folder: await newFolder(), variables: { http_proxy: `http://${proxy.address}` } });
  await expect(through.deliver(archive(body), context(azurite.blob.containerSasUrl()))).rejects.toThrow('403');
  expect(proxy.seen[0]).toMatch(/^PUT http:\/\/127\.0\.0\.1:\d+\//);
});

test('a proxy that wants another password is told at once, without the one it has', async () => {
  const proxy = await startProxy('407 Proxy Authentication Required');
  const variables = { https_proxy: `http://user:topsecret@${proxy.address}` };
  const storage = storageOf({ folder: await newFolder(), variables });
  const delivery = storage.deliver(archive(noise(10)), context('https://acc.blob.test/c?sig=abc'));
  await expect(delivery).rejects.toThrow('The proxy on the way to acc.blob.test wants a user and password (407).');
});

test('a connection string of the account opens its container', async () => {
  const { blob } = azurite;
  const { origin } = new URL(blob.containerUrl);
  const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
  const connectionString = `AccountName=devstoreaccount1;AccountKey=${key};BlobEndpoint=${origin}/devstoreaccount1`;
  const desired = { storage: { connectionString, container: 'support' } };
  const body = noise(mebibyte + 5);
  const ask = archive(body);
  const storage = storageOf({ folder: await newFolder(), desired });
  storage.check(undefined);
  const stored = await storage.deliver(ask, context());
  expect(stored.url).toBe(`${blob.containerUrl}/${ask.name()}`);
  await azurite.expectOne(ask.name(), body);
});

test('an account URL is opened with a token of the device’s identity', async () => {
  const tokens: string[] = [];
  const identity = createServer((request, answer) => {
    const { searchParams } = new URL(request.url ?? '', 'http://identity');
    tokens.push(`${request.headers['x-identity-header']} ${searchParams.get('resource')}`);
    const expires = String(Math.floor(Date.now() / 1000) + 3600);
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.end(JSON.stringify({ access_token: 'the-token', expires_on: expires, token_type: 'Bearer', resource: 'r' }));
  });
  const identityPort = await listen(identity);
  const pki = await createPki();
  const { chain, privateKey } = await pki.server(['localhost']);
  const asked: string[] = [];
  const account = createTlsServer({ cert: chain, key: privateKey }, (request, answer) => {
    const comp = new URL(request.url ?? '', 'http://account').searchParams.get('comp');
    asked.push(`${request.method} ${comp} ${request.headers.authorization}`);
    request.resume().on('end', () => answer.writeHead(201).end());
  });
  const port = await listen(account);
  const before = { ...process.env };
  const trusted = getCACertificates('default');
  const endpoint = `http://127.0.0.1:${identityPort}/token`;
  Object.assign(process.env, { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: 'header-secret' });
  setDefaultCACertificates([...trusted, pki.rootCertificate]);
  try {
    const desired = { storage: { accountUrl: `https://localhost:${port}`, container: 'c' } };
    const ask = archive(noise(10));
    const stored = await storageOf({ folder: await newFolder(), desired }).deliver(ask, context());
    expect(stored.url).toBe(`https://localhost:${port}/c/${ask.name()}`);
  } finally {
    process.env = before;
    setDefaultCACertificates(trusted);
  }
  expect(tokens).toEqual(['header-secret https://storage.azure.com']);
  expect(asked).toEqual(['PUT block Bearer the-token', 'PUT blocklist Bearer the-token']);
});

test('the rate of storage.kilobytesPerSecond holds for all uploads together', async () => {
  const desired = { storage: { kilobytesPerSecond: 2000 } };
  const storage = storageOf({ folder: await newFolder(), desired });
  const bodies = [noise(400_000), noise(400_000)];
  const started = performance.now();
  const asks = bodies.map((body) => archive(body));
  await Promise.all(asks.map((ask) => storage.deliver(ask, context(azurite.blob.containerSasUrl()))));
  expect(performance.now() - started).toBeGreaterThan(330);
  for (const [index, ask] of asks.entries()) {
    expect(sha256(await azurite.blob.download(ask.name()))).toBe(sha256(bodies[index] ?? Buffer.alloc(0)));
  }
});
