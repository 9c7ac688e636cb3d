import { type Fact, Unavailable } from './fact.ts';

/** What the modules' logs say, as they went into a bundle: files and lines are those of the bundle. */
export interface LogStatisticsReading {
  readonly modules: Readonly<Record<string, ModuleLogReading>>;
}

/** Of one module's log. Times are milliseconds since 1970, as its lines have them; a log without times has none. */
export interface ModuleLogReading {
  /** Its path in the bundle. */
  readonly file: string;
  readonly lines: number;
  readonly bytes: number;
  readonly firstAt?: number;
  readonly lastAt?: number;
  /** Lines that are errors or warnings by their level or their words. */
  readonly errors: number;
  readonly warnings: number;
  /** The same by time: a step is so many milliseconds, the first begins at `from`. Absent where no line with a time was one. */
  readonly rate?: {
    readonly from: number;
    readonly stepMs: number;
    readonly errors: readonly number[];
    readonly warnings: readonly number[];
  };
  /** Lines that are known to mean something, by the id of their meaning. */
  readonly signs: Readonly<Record<string, LogSign>>;
  /** The first error after a minute without any, and until when errors went on. The newest are kept. */
  readonly troubles: readonly LogTrouble[];
  /** Times at which the module began anew, by what it prints then; the newest are kept. */
  readonly starts: readonly number[];
  /** The longest times without a line, longest first. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  /** How often times went back by more than a minute, and the farthest. */
  readonly backwards: { readonly count: number; readonly farthestMs: number };
}

export interface LogSign {
  readonly count: number;
  readonly first: LogLine;
  readonly last: LogLine;
}

export interface LogTrouble extends LogLine {
  /** The time of its last error, where that is another. */
  readonly until?: number;
}

export interface LogLine {
  /** From 1 on. */
  readonly line: number;
  readonly text: string;
  readonly at?: number;
}

export const logStatistics: Fact<LogStatisticsReading> = {
  about: "What the modules' logs say",
  async read() {
    throw new Unavailable('not-supported', 'Whole logs are read only while a bundle is made.');
  },
};
