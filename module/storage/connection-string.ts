import { SupportError } from '../base/errors.ts';

/** An account as a connection string gives it; `key` or `sas` is there. */
export interface Account {
  /** Of its Blob Storage. */
  readonly endpoint: string;
  readonly account: string;
  readonly key?: string;
  readonly sas?: string;
}

/**
 * Reads `DefaultEndpointsProtocol=…;AccountName=…;AccountKey=…`, with BlobEndpoint or EndpointSuffix, or with a
 * SharedAccessSignature instead of the key. SupportError bad-request, without quoting it, says what is missing; `what`
 * is the setting that it names.
 */
export function readConnectionString(text: string, what: string): Account {
  const given = new Map(
    text.split(';').map((part) => {
      const cut = part.indexOf('=');
      return [part.slice(0, cut).trim().toLowerCase(), part.slice(cut + 1).trim()];
    }),
  );
  const field = (name: string) => given.get(name.toLowerCase()) || undefined;
  const refuse = (missing: string) =>
    new SupportError('bad-request', `${what} has no ${missing}; expected the connection string of a storage account.`);

  const account = field('AccountName') ?? '';
  const key = field('AccountKey');
  const sas = field('SharedAccessSignature');
  if (key === undefined && sas === undefined) throw refuse('AccountKey or SharedAccessSignature');
  if (account === '' && (key !== undefined || field('BlobEndpoint') === undefined)) throw refuse('AccountName');
  const made = `${field('DefaultEndpointsProtocol') ?? 'https'}://${account}.blob.${field('EndpointSuffix') ?? 'core.windows.net'}`;
  const endpoint = field('BlobEndpoint') ?? made;
  if (key !== undefined) return { endpoint, account, key };
  return { endpoint, account, sas: sas ?? '' };
}
