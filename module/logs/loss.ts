/** Collects sentences about what a log lost, each said once and only so many. */
export interface Losses {
  say(sentence: string): void;
}

const most = 20;

/** Adds to `warnings`, which is the reader's own list. */
export function collectLosses(warnings: string[]): Losses {
  return {
    say: (sentence) => {
      if (warnings.length < most && !warnings.includes(sentence)) warnings.push(sentence);
    },
  };
}

/** The one of these sentences that says that the rest of a log is missing, not only a line or the form of one. */
export const breakIn = (warnings: readonly string[]): string | undefined =>
  warnings.find((sentence) => /breaks off here: |\b(?:be read|read the log) to its end: /.test(sentence));

/** What the engine writes into the log stream when it cannot read on, as a sentence about the log. */
export function engineSays(text: string): string {
  return `the engine could not read the log to its end: ${text
    .trim()
    .replace(/^Error grabbing logs: /, '')
    .slice(0, 300)}`;
}
