import { clip, clipList, jsonBytes } from './clip.ts';
import type { CheckJson, CheckRunJson } from './result.ts';

/** What an answer lacks. `head` stands for the run's own additional_info, other names are ids of checks. */
export interface Cut {
  /** Whose `additional_info` was left out. */
  readonly additional_info?: readonly string[];
  /** Whose texts were shortened. */
  readonly texts?: readonly string[];
  /** So many lines of a text are not in it. */
  readonly lines?: number;
}

/** What stands beside an answer that had to be cut. */
export interface Truncation {
  readonly truncated: true;
  readonly cut: Cut;
}

/** How far a run is cut: whose info goes, how many bytes of JSON a text may have, and how many texts a list. */
interface Step {
  readonly without: (check: CheckJson) => boolean;
  readonly bytes: number;
  readonly entries: number;
}

const all = Number.POSITIVE_INFINITY;
const fine = ({ result: { result } }: CheckJson) => result !== 'warning' && result !== 'error';
const any = () => true;

/** From what is missed least to what would be missed. Ids, results, reasons and root causes always stay. */
const steps: readonly Step[] = [
  { without: fine, bytes: all, entries: all },
  { without: fine, bytes: 2000, entries: 20 },
  { without: any, bytes: 2000, entries: 20 },
  { without: any, bytes: 500, entries: 8 },
  { without: any, bytes: 160, entries: 4 },
  { without: any, bytes: 60, entries: 2 },
];

/** The run in at most `limit` bytes of JSON; as it is when it fits. What was cut is told beside it. */
export function fitJson(run: CheckRunJson, limit: number): CheckRunJson & Partial<Truncation> {
  if (jsonBytes(run) <= limit) return run;
  let fitted: (CheckRunJson & Truncation) | undefined;
  for (const step of steps) {
    const short = shorten(run, step);
    const infos = infosOf(short.run, step);
    const gone = new Set(infos.map(({ id }) => id));
    fitted = without(short, gone);
    let left = limit - jsonBytes(fitted);
    if (left < 0) continue;
    // What was left out with the large ones comes back as far as there is room.
    for (const { id, bytes } of infos) {
      if (bytes > left) continue;
      left -= bytes;
      gone.delete(id);
    }
    return without(short, gone);
  }
  return fitted ?? run;
}

/** The infos that a step leaves out: those of complaints first, then the small before the large. */
function infosOf({ checks }: CheckRunJson, step: Step): readonly { readonly id: string; readonly bytes: number }[] {
  return Object.entries(checks)
    .filter(([, check]) => step.without(check) && Object.keys(check.additional_info).length > 0)
    .map(([id, check]) => ({ id, bytes: jsonBytes(check.additional_info), fine: fine(check) }))
    .sort((a, b) => Number(a.fine) - Number(b.fine) || a.bytes - b.bytes);
}

interface Shortened {
  readonly run: CheckRunJson;
  /** Whose texts were. */
  readonly texts: ReadonlySet<string>;
}

function without({ run, texts }: Shortened, gone: ReadonlySet<string>): CheckRunJson & Truncation {
  const checks = Object.entries(run.checks).map(([id, check]) => [
    id,
    gone.has(id) ? { ...check, additional_info: {} } : check,
  ]);
  const cut: Cut = {
    ...(gone.size > 0 ? { additional_info: [...gone].sort() } : {}),
    ...(texts.size > 0 ? { texts: [...texts].sort() } : {}),
  };
  return { ...run, checks: Object.fromEntries(checks), truncated: true, cut };
}

function shorten(run: CheckRunJson, { bytes, entries }: Step): Shortened {
  if (bytes === all) return { run, texts: new Set() };
  const texts = new Set<string>();
  const text = (owner: string, whole: string) => {
    const short = clip(whole, bytes);
    if (short !== whole) texts.add(owner);
    return short;
  };
  const list = (owner: string, whole: readonly string[]) => {
    const short = clipList(whole, entries);
    if (short !== whole) texts.add(owner);
    return short.map((one) => text(owner, one));
  };
  const checks = Object.entries(run.checks).map(([id, check]) => {
    const { result, why, advice } = check;
    const short = {
      ...check,
      result: { ...result, ...(result.details ? { details: list(id, result.details) } : {}) },
      ...(why === undefined ? {} : { why: text(id, why) }),
      ...(advice === undefined ? {} : { advice: text(id, advice) }),
    };
    return [id, short] as const;
  });
  const rootCauses = run.rootCauses.map((cause) => {
    const { check, summary, advice } = cause;
    return { ...cause, summary: text(check, summary), advice: text(check, advice) };
  });
  const head = shortHead(run.additional_info);
  if (head !== run.additional_info) texts.add('head');
  return { run: { ...run, additional_info: head, checks: Object.fromEntries(checks), rootCauses }, texts };
}

/** Beyond so many bytes the head is long: it has few fields, and the disks, of which there may be many. */
const longHead = 8000;

function shortHead(head: CheckRunJson['additional_info']): CheckRunJson['additional_info'] {
  if (jsonBytes(head) <= longHead) return head;
  const short = (value: unknown): unknown => {
    if (typeof value === 'string') return clip(value, 60);
    if (Array.isArray(value)) return value.slice(0, 10).map(short);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, short(own)]));
  };
  return short(head) as CheckRunJson['additional_info'];
}

/** What the mark and the flags of a text that was cut take. */
const besideText = 200;

/** The text in at most `limit` bytes of JSON, cut at the end of a line; its last paragraph, the counts, stays. */
export function fitText(text: string, limit: number): { readonly text: string } & Partial<Truncation> {
  if (jsonBytes({ text }) <= limit) return { text };
  const last = text.lastIndexOf('\n\n');
  const end = last < 0 ? '' : text.slice(last + 1);
  const lines = text.slice(0, text.length - end.length).split('\n');
  let left = limit - jsonBytes(end) - besideText;
  const past = lines.findIndex((line) => {
    left -= jsonBytes(line);
    return left < 0;
  });
  const cut = { lines: lines.length - past };
  return {
    text: `${lines.slice(0, past).join('\n')}\n… ${cut.lines} more lines were cut …\n${end}`,
    truncated: true,
    cut,
  };
}
