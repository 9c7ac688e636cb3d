import type { BundleResult } from './bundle-result.ts';
import { ratePicture, type Span } from './charts.ts';
import { type Html, html } from './html.ts';
import { factOf, pathOf } from './parts.ts';
import { type Lane, timeline } from './timeline.ts';
import { bytesText, lengthText, timeText } from './words.ts';

/** So many are shown; the files of the bundle have all. */
const mostLanes = 60;
const mostPictures = 15;

/** What the pictures cover: the window, or what is known of it. */
export function spanOf(result: BundleResult): Span {
  const logs = Object.values(factOf(result, 'logStatistics')?.modules ?? {});
  const events = factOf(result, 'moduleEvents')?.events ?? [];
  const known = [...logs.flatMap(({ firstAt }) => firstAt ?? []), ...events.map(({ at }) => at)];
  const to = result.until.getTime();
  const earliest = Math.min(to - 60_000, ...known.filter((at) => at <= to));
  return { from: Math.max(result.since?.getTime() ?? 0, earliest), to };
}

export function timelineSection(result: BundleResult, span: Span): Html {
  const logs = factOf(result, 'logStatistics')?.modules ?? {};
  const events = factOf(result, 'moduleEvents')?.events ?? [];
  const containers = factOf(result, 'edgeContainers')?.containers ?? [];
  const names = [
    ...new Set([
      ...containers.map(({ name }) => name),
      ...events.map(({ name }) => name),
      // Of the daemons only those that had something to say.
      ...Object.entries(logs).flatMap(([name, { errors }]) => (errors > 0 ? [name] : [])),
    ]),
  ];
  const lanes: Lane[] = names
    .slice(0, mostLanes)
    .map((name) => ({ name, events: events.filter((event) => event.name === name), log: logs[name] }));
  if (lanes.length === 0) return html`<p class="soft">Nothing is known of it.</p>`;
  const gaps = Object.entries(logs).flatMap(([name, { gaps: own }]) => own.map((gap) => ({ name, ...gap })));
  const longest = gaps.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, 10);
  return html`<div class="card"><div class="key"><span class="start">started</span><span class="error">ended with an error, out of memory; bars: errors in the log</span><span class="warning">stopped or killed</span><span>ended well</span><span class="sign">△ a known line of the log, first and last</span></div>
<div class="scroll">${timeline(lanes, span)}</div></div>
${
  longest.length > 0 &&
  html`<details><summary>The longest silences of logs</summary><table><tr><th>log</th><th>from</th><th>to</th><th>long</th></tr>${longest.map(
    ({ name, from, to }) =>
      html`<tr><td class="name">${name}</td><td>${timeText(from)}</td><td>${timeText(to)}</td><td>${lengthText(to - from)}</td></tr>`,
  )}</table></details>`
}`;
}

export function logSections(result: BundleResult, span: Span): Html {
  const all = Object.entries(factOf(result, 'logStatistics')?.modules ?? {}).sort(
    ([, a], [, b]) => b.errors - a.errors || b.warnings - a.warnings,
  );
  if (all.length === 0) return html`<p class="soft">There are no logs in this bundle.</p>`;
  const pictures = all.filter(([, { rate }]) => rate).slice(0, mostPictures);
  return html`${
    pictures.length > 0 &&
    html`<div class="card"><div class="key"><span class="error">errors</span><span class="warning">warnings</span></div>
<div class="scroll">${pictures.map(([name, log]) => ratePicture(name, log, span))}</div></div>`
  }
<div class="card scroll"><table><tr><th>log</th><th class="number">errors</th><th class="number">warnings</th><th class="number">lines</th><th class="number">size</th><th>first line</th><th>last line</th></tr>
${all.map(
  ([name, { file, errors, warnings, lines, bytes, firstAt, lastAt }]) =>
    html`<tr><td class="name"><a href="${pathOf(file)}">${name}</a></td><td class="number">${errors}</td><td class="number">${warnings}</td><td class="number">${lines}</td><td class="number">${bytesText(bytes)}</td><td>${firstAt === undefined ? 'unknown' : timeText(firstAt)}</td><td>${lastAt === undefined ? 'unknown' : timeText(lastAt)}</td></tr>`,
)}</table></div>`;
}
