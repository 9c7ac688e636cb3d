import { findBy, isToken } from './find.ts';
import { isSecretVariable } from './names.ts';
import { rules } from './rules.ts';

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

/** The secrets in texts, by the rules; for values that hold one among other things. */
export const secretsInTexts = (texts: readonly string[]): readonly string[] => [
  ...new Set(
    texts.flatMap((text) => [
      ...[...text.matchAll(secretParts), ...text.matchAll(urlPassword)].map((match) => match[1] ?? ''),
      ...rules
        .filter(({ strict }) => !strict)
        .flatMap((rule) => findBy(rule, text).map(({ start, end }) => text.slice(start, end))),
    ]),
  ),
];

/** The secrets among environment variables: whole values by their names, and what the rules find in any of them. */
export function secretsInVariables(variables: Readonly<Record<string, string | undefined>>): readonly string[] {
  const found = Object.entries(variables).flatMap(([name, value = '']) => [
    ...(isSecretVariable(name, value) ? [value] : []),
    // A proxy may be named without a scheme: its rule needs the name.
    ...secretsInTexts([/proxy$/i.test(name) ? `${name}=${value}` : value]),
  ]);
  return [...new Set(found)].filter((secret) => secret !== '' && !isToken(secret));
}

/** Knows the secrets in the module's own environment. */
export function createKnownSecrets(variables: Readonly<Record<string, string | undefined>>): KnownSecrets {
  const fixed = secretsInVariables(variables);
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
