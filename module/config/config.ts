import { slipOf } from '../base/nearest.ts';
import { type Setting, type SettingName, type Settings, settings } from './settings.ts';
import { firstProblem } from './values.ts';

/**
 * The settings in force, and for each value that was refused, and each name that is none of a setting, one sentence saying why,
 * by twin path or variable.
 */
export interface Config {
  readonly values: Settings;
  readonly refused: Readonly<Record<string, string>>;
}

type Source = { readonly place: string; readonly value: unknown; readonly problem?: string };
type Outcome = { readonly value: unknown } | { readonly problem: string };

/** So many unknown names are told; the rest of them are of the same kind, and reported properties have 32 KB. */
const mostUnknown = 20;

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
  for (const name of unknownVariables(env).slice(0, mostUnknown)) refused[name] = unknownName(name, known.env);
  for (const name of unknownInTwin(desired).slice(0, mostUnknown)) refused[name] = unknownName(name, known.twin);
  return { values: values as unknown as Settings, refused };
}

const known = {
  twin: Object.values<Setting>(settings).flatMap(({ twin }) => twin ?? []),
  env: Object.values<Setting>(settings).flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env])),
};

/** Variables with our prefix that are no settings: `main.ts` reads them. */
const ofMain = ['EDGE_SUPPORT_DATA', 'EDGE_SUPPORT_HEALTH_SOCKET'];

/** A misspelt restriction must not go unnoticed. */
const unknownVariables = (env: Readonly<Record<string, string | undefined>>): string[] =>
  Object.keys(env).filter(
    (name) => /^EDGE_SUPPORT_\w{1,60}$/i.test(name) && !known.env.includes(name) && !ofMain.includes(name),
  );

/** Paths in the twin that no setting has; IoT Hub's own names begin with `$`. */
function unknownInTwin(desired: Readonly<Record<string, unknown>>, parent = ''): string[] {
  return Object.entries(desired).flatMap(([name, value]) => {
    const path = `${parent}${name}`;
    if (value === null || name.startsWith('$') || known.twin.includes(path)) return [];
    if (!known.twin.some((one) => one.startsWith(`${path}.`))) return [path.slice(0, 60)];
    return isObject(value) ? unknownInTwin(value, `${path}.`) : [];
  });
}

/** What it is not, and what may be meant: the same in another place or another case, or with a slip. */
function unknownName(name: string, all: readonly string[]): string {
  const last = (path: string) => path.split('.').at(-1)?.toLowerCase();
  const meant = all.find((one) => last(one) === last(name)) ?? slipOf(name, all);
  const what = name.startsWith('policy.') ? 'restricted' : 'set';
  return `${name} is no setting; nothing is ${what} by it.${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
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
  if (result.success) return { value: result.data };
  const problem = firstProblem(result.error).replace(/^(?:the payload|(?=\[))/, place);
  // What came may be the secret in another form.
  return refuse(setting.secret ? problem.replace(/, got .*$/s, '') : problem);
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
