import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, curveStepAfter } from 'd3-shape';
import type { ModuleLogReading } from '../facts/log-statistics.ts';
import { type Html, html } from './html.ts';

/** What the pictures cover; milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Of the drawing, in its own units: names stand left of `left`. */
export const width = 1000;
export const left = 190;
export const right = 12;

export const timeScale = ({ from, to }: Span) =>
  scaleUtc()
    .domain([from, Math.max(to, from + 1)])
    .range([left, width - right]);

/** A name as long as there is room for it. */
export const short = (name: string) => (name.length > 27 ? `${name.slice(0, 26)}…` : name);

/** In UTC, as everything on the page: the day where it takes one to tell. */
function tickText(tick: Date, { from, to }: Span): string {
  const text = tick.toISOString();
  const midnight = text.slice(11, 16) === '00:00';
  return to - from > 2 * 86_400_000 || midnight
    ? text.slice(5, midnight ? 10 : 16).replace('T', ' ')
    : text.slice(11, 16);
}

/** Ticks and a line below a picture of this height. */
export function timeAxis(span: Span, height: number): Html {
  const x = timeScale(span);
  const ticks = x.ticks(6).map((tick) => {
    const at = x(tick).toFixed(1);
    return html`<line class="axis" x1="${at}" x2="${at}" y1="0" y2="${height}"/><text x="${at}" y="${height + 14}" text-anchor="middle">${tickText(tick, span)}</text>`;
  });
  return html`${ticks}<line class="axis" x1="${left}" x2="${width - right}" y1="${height}" y2="${height}"/>`;
}

/** Errors and warnings of one log over time, one above the other. */
export function ratePicture(name: string, log: ModuleLogReading, span: Span): Html {
  const { rate } = log;
  if (!rate) return html``;
  const height = 70;
  const x = timeScale(span);
  const most = Math.max(1, ...rate.errors.map((errors, at) => errors + (rate.warnings[at] ?? 0)));
  const y = scaleLinear().domain([0, most]).range([height, 6]);
  const points = [...rate.errors.keys(), rate.errors.length].map((step) => ({
    at: Math.min(Math.max(rate.from + step * rate.stepMs, span.from), span.to),
    errors: rate.errors[step] ?? 0,
    both: (rate.errors[step] ?? 0) + (rate.warnings[step] ?? 0),
  }));
  const shape = (low: (point: (typeof points)[number]) => number, high: (point: (typeof points)[number]) => number) =>
    area<(typeof points)[number]>()
      .x(({ at }) => x(at))
      .y0((point) => y(low(point)))
      .y1((point) => y(high(point)))
      .curve(curveStepAfter)
      .digits(1)(points) ?? '';
  const minutes = rate.stepMs / 60_000;
  return html`<svg viewBox="0 0 ${width} ${height + 22}" role="img"><title>${name}: errors and warnings each ${minutes === 1 ? 'minute' : `${minutes} minutes`}, ${most} at most</title>
<text class="lane" x="${left - 10}" y="${height / 2}" text-anchor="end">${short(name)}</text><text x="${left - 10}" y="${height / 2 + 15}" text-anchor="end">most: ${most} in ${minutes} min</text>
${timeAxis(span, height)}<path class="warning" d="${shape(
    ({ errors }) => errors,
    ({ both }) => both,
  )}"/><path class="error" d="${shape(
    () => 0,
    ({ errors }) => errors,
  )}"/></svg>`;
}

/** A part of a whole as a bar. */
export interface Share {
  readonly name: string;
  readonly used: number;
  readonly total: number;
  readonly text: string;
}

/** A bar for each, its class by how full it is. */
export function shares(about: string, bars: readonly Share[]): Html {
  const row = 26;
  const end = width - 230;
  const drawn = bars.map(({ name, used, total, text }, at) => {
    const part = total > 0 ? Math.min(1, Math.max(0, used / total)) : 0;
    const kind = part >= 0.95 ? 'error' : part >= 0.85 ? 'warning' : 'plain';
    const top = at * row;
    return html`<text class="lane" x="${left - 10}" y="${top + 17}" text-anchor="end">${short(name)}</text><rect class="rest" x="${left}" y="${top + 5}" width="${end - left}" height="15" rx="3"/><rect class="${kind}" x="${left}" y="${top + 5}" width="${((end - left) * part).toFixed(1)}" height="15" rx="3"/><text x="${end + 10}" y="${top + 17}">${text}</text>`;
  });
  return html`<svg viewBox="0 0 ${width} ${bars.length * row + 4}" role="img"><title>${about}</title>${drawn}</svg>`;
}
