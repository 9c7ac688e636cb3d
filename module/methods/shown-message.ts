import type { InputMessage } from '../hub/hub.ts';
import { type MessageProperties, readProperties } from '../hub/properties.ts';
import type { Redactor, Scope } from '../redact/redact.ts';
import { redactBeginning, type ShownBody, showBody, textOf } from './message-body.ts';
import type { MessageSource } from './message-sources.ts';

/** A message of the sample. */
export interface ShownMessage extends MessageSource, ShownBody {
  /** When it came here; ISO 8601. */
  readonly at: string;
  /** Of the body. */
  readonly bytes: number;
  readonly properties: Readonly<Record<string, string>>;
  /** System properties, but for those that name the source. */
  readonly system: Readonly<Record<string, string>>;
  /** There are more properties, or longer values. */
  readonly propertiesCut?: true;
}

/** How messages are shown. */
export interface Look {
  readonly redactor: Pick<Redactor, 'text'>;
  readonly scope: Scope;
  readonly bodyBytes: number;
}

/** The topic, which holds the properties, may have 64 KB. */
const mostProperties = 50;
const longestValue = 500;
/** So much of a body is looked at by a filter. */
const matchedBytes = 8 << 10;

const sourceNames = ['connectionDeviceId', 'connectionModuleId', 'outputName'];
const cutName = (text: string | undefined) => text?.slice(0, 130);

/** Who sent it; edgeHub says so, and tells the output in some of its versions only. */
export function sourceOf({ input }: Pick<InputMessage, 'input'>, { system }: MessageProperties): MessageSource {
  const [device, module, output] = sourceNames.map((name) => cutName(system.get(name)));
  return {
    ...(device === undefined ? {} : { device }),
    ...(module === undefined ? {} : { module }),
    ...(output === undefined ? {} : { output }),
    input: input.slice(0, 130),
  };
}

export function showMessage(message: InputMessage, properties: MessageProperties, at: Date, look: Look): ShownMessage {
  const { redactor, scope, bodyBytes } = look;
  const own = [...properties.application];
  const system = [...properties.system].filter(([name]) => !sourceNames.includes(name));
  const shown = (pairs: readonly (readonly [string, string])[]) =>
    Object.fromEntries(pairs.slice(0, mostProperties).map((pair) => redacted(pair, look)));
  const cut =
    own.length > mostProperties || [...own, ...system].some((pair) => pair.some((text) => text.length > longestValue));
  return {
    at: at.toISOString(),
    ...sourceOf(message, properties),
    bytes: message.body.length,
    properties: shown(own),
    system: shown(system),
    ...(cut ? { propertiesCut: true } : {}),
    ...showBody(message.body, properties.system.get('contentEncoding') ?? '', bodyBytes, redactor, scope),
  };
}

/**
 * What a filter is looked for in, line by line: `device/module` (the device alone for one behind edgeHub), the input, each property as
 * `name=value`, and the beginning of the body, where it is text. Redacted, so that no filter finds out a secret.
 */
export function matchedText(message: InputMessage, { redactor, scope }: Omit<Look, 'bodyBytes'>): string {
  const { application, system } = readProperties(message.bag);
  const { device = '', module } = sourceOf(message, { application, system });
  const lines = [
    module === undefined ? device : `${device}/${module}`,
    `input=${message.input}`,
    ...[...system, ...application].map(([name, value]) => `${name}=${value}`),
  ];
  const head = `${lines.join('\n')}\n`;
  const begin = message.body.subarray(0, 2 * matchedBytes);
  const body = textOf(begin, system.get('contentEncoding') ?? '', true) ?? '';
  const goesOn = begin.length < message.body.length;
  return redactBeginning(head + body, head.length + matchedBytes, redactor, scope, goesOn).text;
}

/** As one text, since rules know a secret by the name before it, too. */
function redacted([name, value]: readonly [string, string], { redactor, scope }: Look): readonly [string, string] {
  const text = redactor.text(`${name}=${value}`, scope);
  const pair = text.startsWith(`${name}=`)
    ? ([name, text.slice(name.length + 1)] as const)
    : ([redactor.text(name, scope), redactor.text(value, scope)] as const);
  return [pair[0].slice(0, longestValue), pair[1].slice(0, longestValue)];
}
