import { request } from 'node:http';
import { getCACertificates } from 'node:tls';
import { within } from '../base/time.ts';
import { type HostView, type TrustStore, targetsOf, type World } from './fact.ts';
import { hostText } from './host-view.ts';

/** What a dial verifies against: a store, or Node's own when `store` is absent; `from` says which, in words. */
export interface Trust {
  readonly from: string;
  readonly store?: TrustStore;
}

/**
 * The trust store for the upstream: the given one; on a nested device Node's and the workload API's trust bundle, as
 * the original's diagnostics container has it; otherwise Node's. In the host's helper container it is the host's.
 */
export async function readTrust(world: World, limitMs: number, signal: AbortSignal): Promise<Trust> {
  const { trust } = targetsOf(world);
  if (trust) return { from: trust.from, store: trust };
  if (world.host) return readHostStore(world.host, signal);
  const { parentHostname, workloadUri } = world.env;
  if (parentHostname === undefined || workloadUri === undefined) return { from: nodeStore() };
  try {
    const ask = (own: AbortSignal) => readTrustBundle(workloadUri, own);
    const bundle = await within(limitMs, 'Asking the workload API for the trust bundle', ask, signal);
    const from = `${nodeStore()} and the workload API's trust bundle`;
    return { from, store: { from, ca: [...getCACertificates('default'), bundle] } };
  } catch (error) {
    signal.throwIfAborted();
    return { from: `${nodeStore()} (the workload API's trust bundle could not be read: ${(error as Error).message})` };
  }
}

/** Where distributions keep their roots as one file: Debian and Ubuntu, Red Hat, SUSE, Alpine. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** What is bound for them: never /etc/ssl or /etc/pki as a whole, where private keys are too. */
export const hostStores: readonly string[] = [
  '/etc/ssl/certs',
  '/etc/pki/ca-trust/extracted/pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The host's own store, as its OpenSSL has it; Node's where there is none, and said to be so. */
async function readHostStore(view: HostView, signal: AbortSignal): Promise<Trust> {
  for (const path of bundles) {
    const pem = await hostText(view, path, signal);
    if (pem) return { from: `the host's ${path}`, store: { from: `the host's ${path}`, ca: [pem] } };
  }
  return { from: `${nodeStore()} (the host has no store in a file that is known)` };
}

function nodeStore(): string {
  const extra = getCACertificates('extra').length;
  const added = extra > 0 ? ` and ${extra} certificate${extra > 1 ? 's' : ''} from NODE_EXTRA_CA_CERTS` : '';
  return `the roots bundled with Node.js ${process.versions.node}${added}`;
}

/** A bundle larger than this is none. */
const largestBundle = 1 << 20;

/** `GET /trust-bundle` of the workload API at a `unix:` or `http:` address: PEM text. */
async function readTrustBundle(workloadUri: string, signal: AbortSignal): Promise<string> {
  const path = '/trust-bundle?api-version=2019-01-30';
  const url = new URL(workloadUri);
  const where =
    url.protocol === 'unix:'
      ? { socketPath: url.pathname, path }
      : { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, path };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = request({ ...where, signal, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('error', reject);
    response.on('data', (part: string) => {
      text += part;
      if (text.length > largestBundle) response.destroy(new Error('the trust bundle is larger than 1 MB'));
    });
    response.on('end', () => {
      if (response.statusCode === 200) resolve(text);
      else reject(new Error(`the workload API answered ${response.statusCode}`));
    });
  });
  call.on('error', reject);
  call.end();
  const body: unknown = JSON.parse(await promise);
  const certificate = (body as { readonly certificate?: unknown } | null)?.certificate;
  if (typeof certificate !== 'string') throw new Error('the trust bundle has no field "certificate"');
  return certificate;
}
