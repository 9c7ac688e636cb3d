import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, resolveConfig } from './config.ts';
import { type Setting, type SettingName, settings } from './settings.ts';

/** The owner's policy as the twin had it last, kept for the time until the twin has been read again. */
export interface LastPolicy {
  /**
   * Desired properties with that policy and nothing else; none before the first `keep`. A file that cannot be
   * understood closes everything, as a policy in the twin does that cannot be.
   */
  read(): Readonly<Record<string, unknown>>;
  /** Keeps the policy of these desired properties, if the file can be written. */
  keep(desired: Readonly<Record<string, unknown>>): void;
}

const restrictions = (Object.keys(settings) as SettingName[]).filter((name) => (settings[name] as Setting).strictest);
const twinOf = (name: SettingName) => (settings[name] as Setting).twin ?? name;
/** Those that stand beside `policy` in the twin; in the file all stand together. */
const outside = restrictions.map(twinOf).filter((twin) => !twin.startsWith('policy.'));

/** Keeps the policy in `policy.json` of the data folder. */
export function createLastPolicy(folder: string): LastPolicy {
  const file = join(folder, 'policy.json');
  let kept: string | undefined;
  return {
    read() {
      try {
        kept = readFileSync(file, 'utf8');
      } catch {
        return {};
      }
      try {
        const policy: unknown = JSON.parse(kept);
        if (!isObject(policy)) return { policy };
        const beside = Object.entries(policy).filter(([key]) => outside.includes(key));
        return { policy, ...Object.fromEntries(beside) };
      } catch {
        return { policy: 'unreadable' };
      }
    },
    keep(desired) {
      const text = JSON.stringify(policyIn(desired));
      if (text === kept) return;
      try {
        // Whole or not at all: a policy cut short would close the device.
        writeFileSync(`${file}.new`, text, { mode: 0o600 });
        renameSync(`${file}.new`, file);
        kept = text;
      } catch {
        // Without a data folder the environment alone restricts calls until the twin is read.
      }
    },
  };
}

/** The restrictions as they are understood, so that nothing else of the twin gets into the file. */
function policyIn(desired: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const policy = desired['policy'];
  const beside = Object.fromEntries(Object.entries(desired).filter(([key]) => outside.includes(key)));
  const { values } = resolveConfig({}, { policy, ...beside });
  const given = isObject(policy ?? {}) ? (policy ?? {}) : undefined;
  return Object.fromEntries(
    restrictions.flatMap((name) => {
      const key = twinOf(name).replace(/^policy\./, '');
      // What the twin leaves open the environment alone decides.
      if (outside.includes(key)) return Object.hasOwn(beside, key) ? [[key, values[name]]] : [];
      return given !== undefined && !Object.hasOwn(given, key) ? [] : [[key, values[name]]];
    }),
  );
}
