import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { messageOf } from '../base/errors.ts';
import { exchange, readObject } from '../base/exchange.ts';
import { within } from '../base/time.ts';
import { type TrustStore, targetsOf, type World } from './fact.ts';
import { readHostTrust } from './host-trust.ts';

/** What a dial verifies against: a store, or the roots that come with Node; `from` says which, in words. */
export interface Trust {
  readonly from: string;
  readonly store?: TrustStore;
}

/**
 * The trust store for what is dialled from here. On the host it is the host's own. Elsewhere it is the given one; without
 * one Node's, with what NODE_EXTRA_CA_CERTS adds, and on a nested device with the workload API's trust bundle, as the
 * original's diagnostics container has it.
 */
export async function readTrust(world: World, limitMs: number, signal: AbortSignal): Promise<Trust> {
  if (world.host === undefined) return readModuleTrust(world, limitMs, signal);
  const found = await readHostTrust(world.host, signal);
  if ('store' in found) return { from: found.store.from, store: found.store };
  const { from, store } = await readModuleTrust(world, limitMs, signal);
  return { from: `${from} (${found.why})`, ...(store ? { store } : {}) };
}

async function readModuleTrust(world: World, limitMs: number, signal: AbortSignal): Promise<Trust> {
  const { trust } = targetsOf(world);
  if (trust) return { from: trust.from, store: trust };
  const extra = extraCertificates();
  const node = { from: nodeStore(extra.length), ...(extra.length > 0 ? { store: additional(extra) } : {}) };
  const { parentHostname, workloadUri } = world.env;
  if (parentHostname === undefined || workloadUri === undefined) return node;
  try {
    const ask = (own: AbortSignal) => readTrustBundle(workloadUri, own);
    const bundle = await within(limitMs, 'Asking the workload API for the trust bundle', ask, signal);
    const from = `${node.from} and the workload API's trust bundle`;
    return { from, store: { ...additional([...extra, bundle]), from } };
  } catch (error) {
    signal.throwIfAborted();
    return { ...node, from: `${node.from} (the workload API's trust bundle could not be read: ${messageOf(error)})` };
  }
}

/** What verifies against it. */
export function secureContextFor({ store }: Trust): SecureContext {
  if (!store) return createSecureContext();
  return createSecureContext({ ca: [...(store.alsoBundled ? getCACertificates('bundled') : []), ...store.ca] });
}

function nodeStore(extra: number): string {
  const added = extra > 0 ? ` and ${extra} certificate${extra > 1 ? 's' : ''} from NODE_EXTRA_CA_CERTS` : '';
  return `the roots bundled with Node.js ${process.versions.node}${added}`;
}

/** What NODE_EXTRA_CA_CERTS adds; it often names a whole bundle, most of which comes with Node anyway. */
function extraCertificates(): readonly string[] {
  const plain = (pem: string) => pem.replace(/\s/g, '');
  const bundled = new Set(getCACertificates('bundled').map(plain));
  return getCACertificates('extra').filter((pem) => !bundled.has(plain(pem)));
}

function additional(ca: readonly string[]): TrustStore {
  return { from: nodeStore(ca.length), ca, alsoBundled: true };
}

/** `GET /trust-bundle` of the workload API at a `unix:` or `http:` address: PEM text. */
async function readTrustBundle(workloadUri: string, signal: AbortSignal): Promise<string> {
  const path = '/trust-bundle?api-version=2019-01-30';
  const url = new URL(workloadUri);
  const where =
    url.protocol === 'unix:'
      ? { socketPath: url.pathname, path }
      : { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, path };
  const { status, text } = await exchange(where, signal);
  if (status !== 200) throw new Error(`the workload API answered ${status}`);
  const certificate = readObject(text)?.['certificate'];
  if (typeof certificate !== 'string') throw new Error('the trust bundle has no field "certificate"');
  return certificate;
}
