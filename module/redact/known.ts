/** Variables whose value is a secret as a whole, by their name. */
const secretNames = /passw|secret|token|credential|api_?key|account_?key|access_?key|connection_?string/i;

/** Keys and signatures within a connection string or SAS. */
const secretParts = /(?:SharedAccessKey|AccountKey|SharedAccessSignature|sig)=([^;&\s]+)/gi;

const urlPassword = /:\/\/[^\s/@]*?:([^\s/]+)@/g;

/** So many secrets that came with requests, or from the twin, are remembered. */
const remembered = 50;

/** The secrets that this module itself holds: they are looked for literally in whatever leaves the device. */
export interface KnownSecrets {
  readonly list: () => readonly string[];
  /** Remembers a secret that came with a request, such as the signature of a SAS. */
  readonly add: (secret: string) => void;
}

/** Knows the secrets in the module's own environment: by a variable's name, in connection strings and in URLs. */
export function createKnownSecrets(variables: Readonly<Record<string, string | undefined>>): KnownSecrets {
  const own = Object.entries(variables).flatMap(([name, value = '']) => [
    ...(secretNames.test(name) ? [value] : []),
    ...[...value.matchAll(secretParts), ...value.matchAll(urlPassword)].map((match) => match[1] ?? ''),
  ]);
  const fixed = own.filter((secret) => secret !== '');
  let added: readonly string[] = [];
  let all: readonly string[] = [...new Set(fixed)];
  return {
    list: () => all,
    add: (secret) => {
      if (secret === '' || added.at(-1) === secret) return;
      // One that is used again is among the newest again.
      added = [...added.filter((one) => one !== secret), secret].slice(-remembered);
      all = [...new Set([...fixed, ...added])];
    },
  };
}
