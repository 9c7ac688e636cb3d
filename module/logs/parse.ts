/** What edgeAgent's LogMessageParser reads out of one line of a log. */
export interface Parsed {
  /** The digit of the `<d>` prefix (syslog severity); 6 when there is none. */
  readonly level: number;
  /** As .NET writes it: `2024-03-01T10:00:00.1234567+00:00`, UTC, 100 ns steps, trailing zeros left out. */
  readonly timestamp: string | undefined;
  /** The line without engine timestamp, level, own timestamp and line break. */
  readonly text: string;
  /** Whether the line has a level or a time of its own in front. */
  readonly prefixed: boolean;
}

/**
 * The line grammar of edgeAgent (Core/logs/LogMessageParser.cs). `[^\n]` and not `.`, because `.` leaves out \r,
 * U+2028 and U+2029 here but not in .NET.
 */
const grammar =
  /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z)?\s*(?:<(\d)>)?\s*(?:(\d{4}-\d{2}-\d{2}\s\d{2}:\d{2}:\d{2}[^\n]\d{3}\s[+-]\d{2}:\d{2})\s)?\s*([^\n]*)/;

/** Reads one line. The engine's timestamp, when the log was asked for with timestamps, wins over the line's own. */
export function parseLine(line: string): Parsed {
  const [, engine, level, own, text = ''] = grammar.exec(line) ?? [];
  return {
    level: level === undefined ? 6 : level.charCodeAt(0) - 48,
    timestamp: (engine && fromEngine(engine)) ?? (own && fromText(own)),
    text,
    prefixed: level !== undefined || own !== undefined,
  };
}

/** `2024-03-01T10:00:00.243123456Z`; .NET rounds to 100 ns. */
function fromEngine(stamp: string): string | undefined {
  const ticks = Math.round(Number(stamp.slice(20, 29)) / 100);
  return dotnet(stamp.slice(0, 19), ticks, 0);
}

/** `2019-02-14 16:15:35.243 -08:00`, what IoT Edge's own modules print. */
function fromText(stamp: string): string | undefined {
  if (stamp[19] !== '.') return undefined;
  const hours = Number(stamp.slice(25, 27));
  const minutes = Number(stamp.slice(28, 30));
  if (hours > 14 || minutes > 59) return undefined;
  const offset = (hours * 60 + minutes) * (stamp[24] === '-' ? -1 : 1);
  return dotnet(`${stamp.slice(0, 10)}T${stamp.slice(11, 19)}`, Number(stamp.slice(20, 23)) * 10_000, offset);
}

/** `seconds` is `yyyy-MM-ddTHH:mm:ss`, ticks are 100 ns, offset is minutes east. Undefined for an impossible date. */
function dotnet(seconds: string, ticks: number, offset: number): string | undefined {
  const ms = Date.parse(`${seconds}Z`);
  // Date.parse rolls 31 April over to 1 May and takes 24:00:00; a date that exists comes back as it went in.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== seconds) return undefined;
  const carried = ticks === 10_000_000 ? 1000 : 0;
  const utc =
    offset === 0 && carried === 0 ? seconds : new Date(ms + carried - offset * 60_000).toISOString().slice(0, 19);
  const fraction = carried > 0 || ticks === 0 ? '' : `.${String(ticks).padStart(7, '0').replace(/0+$/, '')}`;
  return `${utc}${fraction}+00:00`;
}
