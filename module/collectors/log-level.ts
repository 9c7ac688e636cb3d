/** How severe a line is, by its level or, without one, by its words; undefined for what is neither error nor warning. */
export function severityOf(line: string): 'error' | 'warning' | undefined {
  // IoT Edge's modules and daemons: `<3> 2026-… [ERR] - text`; edgeAgent's own filter reads the number.
  const syslog = /^(?:\d{4}-\S+ )?<([0-7])>/.exec(line)?.[1];
  if (syslog !== undefined) return bySeverity(Number(syslog));
  for (const [pattern, severity] of marks) if (pattern.test(line)) return severity;
  return undefined;
}

const bySeverity = (level: number) => (level <= 3 ? 'error' : level === 4 ? 'warning' : undefined);

/** In the order in which they count. */
const marks: readonly (readonly [RegExp, 'error' | 'warning' | undefined])[] = [
  // Serilog's and our own.
  [/\[(?:ERR|FTL|CRT)!?\]/, 'error'],
  [/\[WRN\]/, 'warning'],
  [/\[(?:INF|DBG|VRB|TRC)\]/, undefined],
  // .NET's console logger.
  [/^(?:fail|crit): /, 'error'],
  [/^warn: /, 'warning'],
  [/^(?:info|dbug|trce): /, undefined],
  // JSON and key=value logs; pino and bunyan count in tens.
  [/"(?:level|severity|lvl)"\s*:\s*(?:"(?:error|err|fatal|critical|crit|panic|alert|emerg)\w*"|[56]0\b)/i, 'error'],
  [/"(?:level|severity|lvl)"\s*:\s*(?:"warn\w*"|40\b)/i, 'warning'],
  [/"(?:level|severity|lvl)"\s*:/i, undefined],
  [/\b(?:level|lvl|severity)=(?:error|fatal|critical|panic)/i, 'error'],
  [/\b(?:level|lvl|severity)=warn/i, 'warning'],
  [/\b(?:level|lvl|severity)=/i, undefined],
  // Words where levels usually stand.
  [
    /\b(?:ERROR|FATAL|CRITICAL|PANIC)\b|\[(?:error|fatal|critical)\]|^(?:[\d\-:.,TZ+ ]+)?(?:error|fatal|panic)\b\s*[:\]-]/i,
    'error',
  ],
  [/\bWARN(?:ING)?\b|\[warn(?:ing)?\]|^(?:[\d\-:.,TZ+ ]+)?warn(?:ing)?\b\s*[:\]-]/, 'warning'],
  [/\b[A-Z]\w*(?:Exception|Error): |^Unhandled exception|^Traceback \(most recent|: error: /, 'error'],
];

/** Texts, in any case, one of which is in every line that is an error or a warning. */
export const severityHints: readonly string[] = [
  ...['<0> ', '<1> ', '<2> ', '<3> ', '<4> ', '<0>2', '<1>2', '<2>2', '<3>2', '<4>2'],
  ...[
    '[err',
    '[ftl]',
    '[crt]',
    '[wrn]',
    'fail: ',
    'crit',
    'warn',
    'error',
    'fatal',
    'panic',
    'exception',
    'traceback',
    'alert',
    'emerg',
  ],
  ...['40', '50', '60'].flatMap((level) => [`level":${level}`, `level": ${level}`]),
];

const stamp = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(?:\s?(Z|[+-]\d\d:?\d\d))?/;

/** The time at the beginning of a line in milliseconds since 1970, without a zone in UTC; undefined for a line without one. */
export function timeOf(line: string): number | undefined {
  const [, date, time, fraction = '', zone = 'Z'] = stamp.exec(line.slice(0, 100)) ?? [];
  if (date === undefined) return undefined;
  const offset = zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const at = Date.parse(`${date}T${time}.${`${fraction}000`.slice(0, 3)}${offset}`);
  return Number.isNaN(at) ? undefined : at;
}
