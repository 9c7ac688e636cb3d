/**
 * The commands of the Azure CLI that pages use, with their options as its reference and the sources of its extension
 * azure-iot have them. The first ones must be given, those in brackets may be.
 */
const reference: Readonly<Record<string, string>> = {
  login: '',
  'extension add': '--name/-n',
  'iot edge set-modules': '--hub-name/-n --device-id/-d --content/-k',
  'iot edge deployment create':
    '--hub-name/-n --deployment-id/-d --content/-k [--layered --target-condition/--tc/-t --priority/--pri]',
  'iot edge deployment delete': '--hub-name/-n --deployment-id/-d',
  'iot hub invoke-module-method':
    '--hub-name/-n --device-id/-d --module-id/-m --method-name/--mn [--method-payload/--mp --timeout/--to]',
  'iot hub module-twin update': '--hub-name/-n --device-id/-d --module-id/-m [--desired --tags]',
  'storage container generate-sas':
    '--name/-n --account-name --permissions --expiry [--https-only --auth-mode --as-user --output/-o]',
};

export interface AzureCall {
  /** Without `az`. */
  readonly command: string;
  /** By the long names of the options; an option without a value has none. */
  readonly options: Readonly<Record<string, string>>;
}

/** Reads a call of `az`, or says in one sentence what the CLI would refuse. Where it is only named, nothing is missing. */
export function readAzureCall(words: readonly string[], whole: boolean): AzureCall | string {
  const first = words.findIndex((word) => word.startsWith('-'));
  const command = words.slice(1, first === -1 ? undefined : first).join(' ');
  const known = reference[command];
  if (known === undefined) return `there is no "az ${command}" in the reference of these tests`;
  const [must = '', may = ''] = known.split('[');
  const names = (text: string) =>
    text
      .replace(']', '')
      .split(' ')
      .filter(Boolean)
      .map((one) => one.split('/'));
  const all = [...names(must), ...names(may)];
  const options: Record<string, string> = {};
  for (const [place, word] of words.entries()) {
    if (!/^--?[a-z]/.test(word)) continue;
    const [long] = all.find((forms) => forms.includes(word)) ?? [];
    if (long === undefined) return `az ${command} has no option ${word}`;
    const value = words[place + 1] ?? '';
    options[long] = /^--?[a-z]/.test(value) ? '' : value;
  }
  const missing = names(must).find(([long = '']) => options[long] === undefined);
  return whole && missing ? `az ${command} needs ${missing[0]}` : { command, options };
}
