import type { Stage } from '../base/stage.ts';
import type { Entry } from './filter.ts';
import { stampLength } from './lines.ts';
import { openMatcher, type Pattern } from './pattern.ts';

/** Which lines begin a record: those that look like it, or those in which a pattern is found. */
export type RecordStart = 'auto' | Pattern;

/** A longer record is passed on in pieces: what has no start for so long is no stack trace. */
const mostLines = 1000;
const mostBytes = 1024 * 1024;

/**
 * Joins the lines of one record (a stack trace below its message) into one entry, so that a filter keeps or drops the
 * whole of it. The record has the level, time and stream of its first line; its text has the lines' texts with line
 * breaks between them. A pattern sees the lines as the container wrote them.
 */
export function joinRecords(start: RecordStart, signal: AbortSignal): Stage<readonly Entry[], readonly Entry[]> {
  return async function* (source) {
    const open = new Map<Entry['stream'], { lines: Entry[]; bytes: number }>();
    const matcher = start === 'auto' ? undefined : openMatcher(start);
    try {
      for await (const batch of source) {
        const found = await matcher?.match(batch.map(lineOf), signal);
        const done: Entry[] = [];
        for (const [index, entry] of batch.entries()) {
          const own = open.get(entry.stream);
          const starts = found ? found[index] === 1 : startsRecord(entry, own?.lines[0]);
          if (own && !starts && own.lines.length < mostLines && own.bytes < mostBytes) {
            own.lines.push(entry);
            own.bytes += entry.raw.length;
            continue;
          }
          if (own) done.push(joined(own.lines));
          open.set(entry.stream, { lines: [entry], bytes: entry.raw.length });
        }
        if (done.length > 0) yield done;
      }
    } finally {
      await matcher?.close();
    }
    const rest = [...open.values()].map(({ lines }) => joined(lines));
    if (rest.length > 0) yield rest;
  };
}

function joined(lines: readonly Entry[]): Entry {
  const [head] = lines as [Entry];
  if (lines.length === 1) return head;
  // The record has one time, its first line's.
  const raw = Buffer.concat(
    lines.map((line, index) => (index === 0 ? line.raw : line.raw.subarray(stampLength(line.raw)))),
  );
  return { ...head, raw, text: lines.map(({ text }) => text).join('\n') };
}

/** The line as the container wrote it, without its line break. */
function lineOf({ raw }: Entry): string {
  return raw.toString('utf8', stampLength(raw)).replace(/\n$/, '');
}

/**
 * Whether a line begins a record where no pattern says so: with a level or a date in front it does; without, it goes
 * on when it is indented or when the record before it began with one, as stack traces of IoT Edge's modules do.
 */
function startsRecord(entry: Entry, head: Entry | undefined): boolean {
  if (marked(entry)) return true;
  return !indented(entry) && !(head && marked(head));
}

const marked = (entry: Entry) => entry.prefixed || dated.test(entry.text);

/** Dates with which loggers begin their lines: `2026-01-02…`, `[2026-01-02…`, `2026/01/02…`, `[10:11:12…`. */
const dated = /^\[?(?:\d{4}[-/]\d{2}[-/]\d{2}|\d{2}:\d{2}:\d{2})/;

/** The parsed text has lost its indentation; the raw line has it, behind the engine's timestamp if there is one. */
function indented({ raw }: Entry): boolean {
  const first = raw[stampLength(raw)];
  return first === 0x20 || first === 0x09;
}
