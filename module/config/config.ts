import { type Setting, type SettingName, type Settings, settings } from './settings.ts';
import { firstProblem } from './values.ts';

/** The settings in force, and for each value that was refused one sentence saying why, by twin path or variable. */
export interface Config {
  readonly values: Settings;
  readonly refused: Readonly<Record<string, string>>;
}

type Source = { readonly place: string; readonly value: unknown; readonly problem?: string };
type Outcome = { readonly value: unknown } | { readonly problem: string };

/** Works out every setting from environment and twin; a bad value is refused alone and the rest holds. */
export function resolveConfig(
  env: Readonly<Record<string, string | undefined>>,
  desired: Readonly<Record<string, unknown>>,
): Config {
  const refused: Record<string, string> = {};
  const values = Object.fromEntries(
    (Object.keys(settings) as SettingName[]).map((name) => {
      const setting: Setting = settings[name];
      const given = sourcesOf(setting, env, desired).map((source) => {
        const outcome = read(setting, source);
        if ('problem' in outcome) refused[source.place] = outcome.problem;
        return outcome;
      });
      return [name, merge(setting, given)];
    }),
  );
  for (const name of unknownRestrictions(desired)) {
    refused[`policy.${name}`] = `policy.${name} is no setting; nothing is restricted by it.`;
  }
  return { values: values as unknown as Settings, refused };
}

/** Names under `policy` that no setting has: a misspelt restriction must not go unnoticed. */
function unknownRestrictions({ policy }: Readonly<Record<string, unknown>>): string[] {
  const known = new Set(Object.values<Setting>(settings).map(({ twin }) => twin));
  return isObject(policy) ? Object.keys(policy).filter((name) => !known.has(`policy.${name}`)) : [];
}

/** Where the setting has a value, twin first. A variable with commas is a list. */
function sourcesOf(
  setting: Setting,
  env: Readonly<Record<string, string | undefined>>,
  desired: Readonly<Record<string, unknown>>,
): Source[] {
  const fromTwin = setting.twin === undefined ? { value: undefined } : inTwin(setting.twin, desired);
  const text = env[setting.env];
  const fromEnv = text !== undefined && Array.isArray(setting.fallback) ? splitList(text) : text;
  return [
    { place: setting.twin ?? '', ...fromTwin },
    { place: setting.env, value: fromEnv === '' ? undefined : fromEnv },
  ].filter(({ value }) => value !== undefined);
}

/** The value at a path; where something else than an object stands on the way, no restriction may get lost with it. */
function inTwin(path: string, desired: Readonly<Record<string, unknown>>): Pick<Source, 'value' | 'problem'> {
  const keys = path.split('.');
  let value: unknown = desired;
  for (const [depth, key] of keys.entries()) {
    if (value === undefined || value === null) return { value: undefined };
    const parent = keys.slice(0, depth).join('.');
    if (!isObject(value)) return { value, problem: `${path} cannot be read, because ${parent} is not an object` };
    value = value[key];
  }
  return { value: value ?? undefined };
}

const splitList = (text: string) => text.split(',').flatMap((part) => part.trim() || []);

/** Of JSON. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function read(setting: Setting, { place, value, problem: unreadable }: Source): Outcome {
  const refuse = (problem: string): Outcome => ({
    problem: setting.strictest ? `${problem}; the strictest value holds until it is mended.` : `${problem}.`,
  });
  if (unreadable !== undefined) return refuse(unreadable);
  const result = setting.schema.safeParse(value);
  return result.success
    ? { value: result.data }
    : refuse(firstProblem(result.error).replace(/^(?:the payload|(?=\[))/, place));
}

function merge(setting: Setting, given: readonly Outcome[]): unknown {
  const { strictest } = setting;
  if (!strictest) return given.find((outcome) => 'value' in outcome)?.value ?? setting.fallback;
  // Not from the default on: what is allowed by nobody's default may be allowed by the owner.
  const values = given.map((outcome) => ('value' in outcome ? outcome.value : setting.closed));
  return values.length === 0
    ? setting.fallback
    : values.reduce((held, value) => strictest(held as never, value as never));
}
