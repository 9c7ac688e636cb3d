/** RuntimeLogLevel's words, most severe first. */
export const logLevels = ['fatal', 'error', 'warning', 'info', 'debug', 'verbose'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The syslog severity and the three letters that IoT Edge's own modules print for a level. */
const marks: Readonly<Record<LogLevel, readonly [severity: number, letters: string]>> = {
  fatal: [0, 'FTL'],
  error: [3, 'ERR'],
  warning: [4, 'WRN'],
  info: [6, 'INF'],
  debug: [7, 'DBG'],
  verbose: [7, 'VRB'],
};

export type Log = Readonly<Record<LogLevel, (text: string) => void>>;

/**
 * One line in the format of IoT Edge's own modules: `<6> 2026-01-02 03:04:05.678 +00:00 [INF] - text`.
 * Line breaks in the text are escaped, since edgeAgent's log filter reads the level from each line's start.
 */
export function formatLine(level: LogLevel, text: string, now: Date): string {
  const [severity, letters] = marks[level];
  const time = now.toISOString().replace('T', ' ').replace('Z', ' +00:00');
  return `<${severity}> ${time} [${letters}] - ${text.replace(/\r?\n/g, '\\n')}`;
}

/** Keeps the newest lines, at most `most` of them. */
export function createRecent(most: number): {
  readonly keep: (line: string) => void;
  readonly lines: () => readonly string[];
} {
  const lines: string[] = [];
  return {
    keep: (line) => {
      lines.push(line);
      if (lines.length > most) lines.shift();
    },
    lines: () => [...lines],
  };
}

export interface LogOptions {
  readonly level: () => LogLevel;
  readonly write: (line: string) => void;
  /** Applied to every text before it is written, so that no secret reaches the log. */
  readonly clean: (text: string) => string;
  readonly now?: () => Date;
}

/** A log that writes one line per call, for levels at least as severe as `level()`. */
export function createLog({ level, write, clean, now = () => new Date() }: LogOptions): Log {
  const at = (own: LogLevel) => (text: string) => {
    if (logLevels.indexOf(own) <= logLevels.indexOf(level())) write(`${formatLine(own, clean(text), now())}\n`);
  };
  return {
    fatal: at('fatal'),
    error: at('error'),
    warning: at('warning'),
    info: at('info'),
    debug: at('debug'),
    verbose: at('verbose'),
  };
}
