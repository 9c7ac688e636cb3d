import type { ManifestEntry } from './manifest.ts';

/** `redaction.json`: how many secrets were taken out, by rule and by file; nothing of what they were. */
export interface Redactions {
  readonly schema: 'edge-support-redaction/1';
  readonly scope: string;
  readonly total: number;
  readonly rules: Readonly<Record<string, number>>;
  readonly files: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Sums up what each entry lost. */
export function toRedactions(scope: string, entries: readonly ManifestEntry[]): Redactions {
  const rules: Record<string, number> = {};
  const files: Record<string, Readonly<Record<string, number>>> = {};
  for (const { name, redacted } of entries) {
    if (!redacted) continue;
    files[name] = redacted;
    for (const [rule, count] of Object.entries(redacted)) rules[rule] = (rules[rule] ?? 0) + count;
  }
  const total = Object.values(rules).reduce((sum, count) => sum + count, 0);
  return { schema: 'edge-support-redaction/1', scope, total, rules, files };
}
