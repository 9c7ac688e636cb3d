/** What only this file has: a value out of JSON, of a bundle from anywhere, cannot look like Html. */
const safe = Symbol('html');

/** Text that is HTML. Only this file makes it: everything else is text, and is shown as text. */
export interface Html {
  readonly [safe]: true;
  readonly text: string;
}

type Part = Html | string | number | undefined | false | readonly Part[];

/** HTML with values in it; what is not Html itself is escaped, whatever it holds. Lists are put one after another. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  const text = strings.map((own, at) => own + rendered(values[at])).join('');
  return { [safe]: true, text };
}

/** The module's own constant text, as a style sheet. Never text of a device. */
export function constant(text: string): Html {
  return { [safe]: true, text };
}

function rendered(value: Part): string {
  if (value === undefined || value === false) return '';
  if (Array.isArray(value)) return value.map(rendered).join('');
  return isHtml(value) ? value.text : escaped(String(value));
}

const isHtml = (value: unknown): value is Html => typeof value === 'object' && value !== null && safe in value;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Markup as entities; control characters and those that change the direction of writing as a sign that shows them, since
 * they could make a line say something else than it does.
 */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (letter) =>
      letter === '\n' || letter === '\t' ? letter : '\u2423',
    )
    .replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
}
