import { copied } from '../../base/copied.ts';
import type { InputMessage } from '../../hub/hub.ts';
import { type MessageProperties, readProperties } from '../../hub/properties.ts';
import type { Redactor, Scope } from '../../redact/redact.ts';
import { margin, type ShownBody, showBody, textOf, withoutMargin } from './body.ts';
import { redactMany, redactTexts } from './redact-together.ts';
import type { MessageSource } from './sources.ts';

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
  readonly redactor: Pick<Redactor, 'text' | 'stream'>;
  readonly scope: Scope;
  readonly bodyBytes: number;
}

type Pair = readonly [name: string, value: string];

/** The topic, which holds them, may have 64 KB: so many properties, of such length, and so much of all are shown. */
const mostProperties = 50;
const longest = 500;
const mostText = 4000;
/** So much of a body is looked at by a filter. */
const matchedBytes = 8 << 10;

const sourceNames = ['connectionDeviceId', 'connectionModuleId', 'outputName'];
const name = (text: string) => copied(text.slice(0, 130));

/** Who sent it; edgeHub says so, and tells the output in some of its versions only. */
export function sourceOf({ input }: Pick<InputMessage, 'input'>, { system }: MessageProperties): MessageSource {
  const [device, module, output] = sourceNames.map((one) => system.get(one));
  return {
    ...(device === undefined ? {} : { device: name(device) }),
    ...(module === undefined ? {} : { module: name(module) }),
    ...(output === undefined ? {} : { output: name(output) }),
    input: name(input),
  };
}

export function showMessage(message: InputMessage, properties: MessageProperties, at: Date, look: Look): ShownMessage {
  const { redactor, scope, bodyBytes } = look;
  const own = [...properties.application];
  const system = [...properties.system].filter(([one]) => !sourceNames.includes(one));
  const text = [...own, ...system].flat();
  const cut =
    own.length > mostProperties ||
    text.some((one) => one.length > longest) ||
    text.reduce((sum, one) => sum + one.length, 0) > mostText;
  return {
    at: at.toISOString(),
    ...sourceOf(message, properties),
    bytes: message.body.length,
    properties: redacted(own.slice(0, mostProperties), look),
    system: redacted(system, look),
    ...(cut ? { propertiesCut: true } : {}),
    ...showBody(message.body, properties.system.get('contentEncoding') ?? '', bodyBytes, redactor, scope),
  };
}

/**
 * What a filter is looked for in, line by line: `device/module` (the device alone for one behind edgeHub), the input,
 * each property as `name=value`, and the beginning of the body, where it is text. Redacted, so that no filter finds out
 * a secret.
 */
export async function matchedTexts(
  messages: readonly InputMessage[],
  { redactor, scope }: Pick<Look, 'redactor' | 'scope'>,
): Promise<readonly string[]> {
  const begins = messages.map(beginningOf);
  const clean = await redactMany(
    begins.map(({ text }) => text),
    redactor,
    scope,
  );
  return clean.map((text, index) => (begins[index]?.cut ? withoutMargin(text) : text));
}

function beginningOf({ input, bag, body }: InputMessage): { readonly text: string; readonly cut: boolean } {
  const properties = readProperties(bag);
  const { application, system } = properties;
  const { device = '', module } = sourceOf({ input }, properties);
  const head = [
    module === undefined ? device : `${device}/${module}`,
    `input=${input}`,
    ...[...system, ...application].map(([one, value]) => `${one}=${value}`),
  ];
  const begin = body.subarray(0, matchedBytes + margin);
  const text = textOf(begin, system.get('contentEncoding') ?? '', true) ?? '';
  return { text: [...head, text].join('\n'), cut: text !== '' && begin.length < body.length };
}

/** As `name=value`, since rules know a secret by the name before it, too; and only then cut. */
function redacted(pairs: readonly Pair[], { redactor, scope }: Look): Readonly<Record<string, string>> {
  const clean = redactTexts(
    pairs.map(([own, value]) => `${own}=${value}`),
    redactor,
    scope,
  );
  let left = mostText;
  return Object.fromEntries(
    pairs.flatMap(([own], index): Pair[] => {
      const text = clean[index] ?? '';
      // Where the name is gone, it was part of a secret.
      const at = text.startsWith(`${own}=`) ? own.length : text.indexOf('=');
      const pair = [text.slice(0, Math.max(0, at)), text.slice(at + 1)].map((one) => copied(one.slice(0, longest)));
      left -= pair.join('').length;
      return left < 0 ? [] : [pair as unknown as Pair];
    }),
  );
}
