import { SupportError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { type Check, type Section, sections } from './check.ts';

/** `checks` and `sections` (in any case): only these, all when absent. `dontRun`: these are reported as ignored. */
export interface Selection {
  readonly checks?: readonly string[] | undefined;
  readonly sections?: readonly string[] | undefined;
  readonly dontRun?: readonly string[] | undefined;
}

/** The checks that are asked for, and which of them are not to run. SupportError `bad-request` for a name there is not. */
export function choose(
  all: readonly Check[],
  select: Selection,
): { readonly chosen: readonly Check[]; readonly dontRun: ReadonlySet<string> } {
  const ids = all.map(({ id }) => id);
  for (const field of ['checks', 'dontRun'] as const) {
    for (const name of select[field] ?? []) {
      if (!ids.includes(name)) throw unknown(field, 'check', name, ids);
    }
  }
  const inSections: readonly Section[] | undefined = select.sections?.map((name) => {
    const section = sections.find((one) => one.toLowerCase() === name.trim().toLowerCase());
    if (section === undefined) throw unknown('sections', 'section', name, sections);
    return section;
  });
  const chosen = all.filter(
    ({ id, section }) => (select.checks?.includes(id) ?? true) && (inSections?.includes(section) ?? true),
  );
  return { chosen, dontRun: new Set(select.dontRun) };
}

/** A name is shown, and compared, up to this length. */
const longestName = 80;

function unknown(field: keyof Selection, what: string, name: string, names: readonly string[]): SupportError {
  const shown = name.slice(0, longestName);
  const near = nearest(shown, names).map((one) => `"${one}"`);
  const text = `${field}: there is no ${what} "${shown}". The nearest names are ${near.join(', ')}.`;
  return new SupportError('bad-request', text);
}
