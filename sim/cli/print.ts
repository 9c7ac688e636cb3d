/** The answer of RunCheck, in the shape of `iotedge check -o json`, with our extra field `why`. */
export interface CheckReport {
  readonly checks: Readonly<Record<string, CheckEntry>>;
}

interface CheckEntry {
  readonly result: { readonly result: string; readonly details?: readonly string[] };
  readonly why?: string;
}

const marks: Readonly<Record<string, string>> = { ok: '√', warning: '‼', error: '×', fatal: '×' };

/** One line per check with iotedge's marks (√ ‼ ×, and - for skipped or ignored), the first reason below. */
export function checkTable(report: CheckReport): string {
  const lines = Object.entries(report.checks).map(([id, { result, why }]) => {
    const reason = (result.details?.[0] ?? why)?.split('\n')[0];
    return `${marks[result.result] ?? '-'} ${id} - ${result.result}${reason ? `\n    ${shortened(reason, 100)}` : ''}`;
  });
  return lines.join('\n');
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 2).trimEnd()} …`;
}

/** Names with their sizes in bytes, the sizes in one column. */
export function columns(rows: readonly { readonly name: string; readonly size: number }[]): string {
  const width = Math.max(...rows.map(({ size }) => String(size).length));
  return rows.map(({ name, size }) => `${String(size).padStart(width)}  ${name}`).join('\n');
}
