import { SupportError } from '../base/errors.ts';
import type { Environment } from '../config/environment.ts';
import { forbidHttp, forbidUploadHost, type Policy } from '../config/policy.ts';
import type { Settings } from '../config/settings.ts';
import { readConnectionString } from './connection-string.ts';
import { readContainerSas, rewriteUpstream, sasTime, signaturesIn } from './sas.ts';

/** A container that archives go to, and what opens it. */
export interface Target {
  /** With the SAS, where that is what opens it. */
  readonly container: URL;
  /** The field of the request or the setting that it comes from. */
  readonly from: string;
  /** Absent for a SAS. */
  readonly credential?: SharedKey | 'identity';
  /** When the SAS expires, in milliseconds; absent when unknown. */
  readonly expiresAt?: number;
}

export interface SharedKey {
  readonly account: string;
  readonly key: string;
}

export interface TargetParts {
  readonly env: Pick<Environment, 'parentHostname'>;
  readonly settings: () => Pick<
    Settings,
    'storageSasUrl' | 'storageConnectionString' | 'storageAccountUrl' | 'storageContainer'
  >;
  readonly policy: () => Policy;
  /** Takes a secret, so that it is redacted from all that leaves the device. */
  readonly remember: (secret: string) => void;
}

/**
 * The target of a request's sasUrl, or the one in the settings; undefined when there is none. `now` judges a SAS's
 * times as well. Throws a SupportError `bad-request` or `forbidden` without quoting any secret.
 */
export function findTarget(parts: TargetParts, sasUrl: string | undefined, now?: Date): Target | undefined {
  const target = sasUrl === undefined ? fromSettings(parts, now) : fromSas(parts, sasUrl, 'sasUrl', now);
  if (target === undefined) return undefined;
  const { protocol, hostname } = target.container;
  forbidUploadHost(parts.policy(), hostname);
  if (protocol === 'http:') forbidHttp(parts.policy(), hostname);
  return target;
}

/** The address of a container or blob without SAS. A device id may hold characters that mean something else in a URL. */
export function addressOf({ container: { origin, pathname } }: Target, name: string): string {
  return `${origin}${pathname.replace(/\/$/, '')}/${name.split('/').map(encodeURIComponent).join('/')}`;
}

function fromSettings(parts: TargetParts, now: Date | undefined): Target | undefined {
  const { storageSasUrl, storageConnectionString, storageAccountUrl, storageContainer } = parts.settings();
  if (storageSasUrl !== '') return fromSas(parts, storageSasUrl, 'storage.sasUrl', now);
  if (storageConnectionString !== '')
    return fromConnectionString(parts, storageConnectionString, storageContainer, now);
  if (storageAccountUrl === '') return undefined;
  const from = 'storage.accountUrl';
  const url = readUrl(rewriteUpstream(storageAccountUrl, parts.env.parentHostname, from), from);
  return { container: within(url, storageContainer), from, credential: 'identity' };
}

function fromSas(parts: TargetParts, sasUrl: string, from: string, now: Date | undefined): Target {
  const container = readContainerSas(rewriteUpstream(sasUrl, parts.env.parentHostname, from), now, from);
  for (const secret of signaturesIn(container.href)) parts.remember(secret);
  const expiresAt = sasTime(container, 'se');
  return { container, from, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function fromConnectionString(parts: TargetParts, text: string, container: string, now: Date | undefined): Target {
  const from = 'storage.connectionString';
  const { endpoint, account, key, sas } = readConnectionString(text, from);
  for (const secret of [key, sas]) parts.remember(secret ?? '');
  const url = within(readUrl(rewriteUpstream(endpoint, parts.env.parentHostname, from), from), container);
  if (key === undefined) return fromSas(parts, `${url.href}?${sas?.replace(/^\?/, '')}`, from, now);
  return { container: url, from, credential: { account, key } };
}

function readUrl(text: string, from: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new SupportError(
    'bad-request',
    `${from} names no http(s) URL; expected https://ACCOUNT.blob.core.windows.net.`,
  );
}

function within(account: URL, container: string): URL {
  return new URL(`${account.origin}${account.pathname.replace(/\/$/, '')}/${encodeURIComponent(container)}`);
}
