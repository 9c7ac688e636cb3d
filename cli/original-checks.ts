import { checks } from '../module/checks/index.ts';
import type { CheckResult } from '../module/checks/run.ts';

const outcomes: Readonly<Record<string, CheckResult['outcome']>> = {
  ok: 'ok',
  warning: 'warning',
  error: 'error',
  fatal: 'error',
  ignored: 'ignored',
  skipped: 'skipped',
};

/**
 * The verdicts in a `check.json` of `iotedge check -o json`, which the original's bundles hold; what it printed on stderr may
 * stand behind it. Empty for what is none.
 */
export function originalResults(text: string): readonly CheckResult[] {
  const { checks: found } = parse(text);
  return checks.flatMap(({ id, section, title }) => {
    const { result: told, additional_info: info = {} } = found?.[id] ?? {};
    const outcome = outcomes[told?.result ?? ''];
    if (outcome === undefined) return [];
    const details = (Array.isArray(told?.details) ? told.details : []).filter((one) => typeof one === 'string');
    const complains = outcome === 'warning' || outcome === 'error';
    return [
      {
        id,
        section,
        title,
        outcome,
        details: complains && details.length === 0 ? [`${title}: ${outcome}`] : details,
        ...(complains ? { advice: `See docs/checks/${id}.md.` } : {}),
        ...(outcome === 'skipped' ? { reason: 'unknown' as const, why: '`iotedge check` skipped it.' } : {}),
        ...(outcome === 'ignored' ? { why: '`iotedge check` ignored it.' } : {}),
        info: typeof info === 'object' && info !== null ? info : {},
        durationMs: 0,
      },
    ];
  });
}

interface OriginalJson {
  readonly checks?: Readonly<
    Record<
      string,
      {
        readonly result?: { readonly result?: string; readonly details?: unknown };
        readonly additional_info?: Readonly<Record<string, unknown>>;
      }
    >
  >;
}

/** JSON with whatever behind its end. */
function parse(text: string): OriginalJson {
  for (let end = text.lastIndexOf('}'); end >= 0; end = text.lastIndexOf('}', end - 1)) {
    try {
      const json: unknown = JSON.parse(text.slice(0, end + 1));
      return typeof json === 'object' && json !== null ? json : {};
    } catch {
      if (text.length - end > 100_000) break;
    }
  }
  return {};
}
