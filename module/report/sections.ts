import { sections as checkSections, logSection } from '../checks/check.ts';
import type { CheckResult } from '../checks/run.ts';
import { type Reading, valueOf } from '../facts/fact.ts';
import type { FactName, Facts } from '../facts/index.ts';
import type { BundleResult } from './bundle-result.ts';
import { type Lane, ratePicture, type Share, type Span, shares, timeline } from './charts.ts';
import type { Evidence, Finding, Findings } from './findings.ts';
import { type Html, html } from './html.ts';
import { toRedactions } from './redactions.ts';
import { bytesText, counted, lengthText, timeText } from './words.ts';

/** So many of a list are shown; the files of the bundle have all. */
const mostLanes = 60;
const mostPictures = 15;
const mostEvidence = 6;
const mostRows = 1000;

const factOf = <N extends FactName>({ run }: BundleResult, name: N): Facts[N] | undefined => {
  const reading = run.readings[name] as Reading<Facts[N]> | undefined;
  return reading && valueOf(reading);
};

/** Device, versions and what the bundle is about. */
export function head(result: BundleResult): Html {
  const { device, iothub, createdAt, since, until, version, caseId } = result;
  const system = factOf(result, 'hostSystem');
  const engine = factOf(result, 'engineVersion');
  const engineInfo = factOf(result, 'engineInfo');
  const edged = factOf(result, 'management')?.version;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['IoT Hub', iothub],
    ['Support case', caseId],
    ['Made', timeText(createdAt)],
    ['About', `${since ? `from ${timeText(since)}` : 'everything'} to ${timeText(until)}`],
    ['Operating system', system?.os.prettyName ?? engineInfo?.operatingSystem],
    ['Kernel', system?.kernel],
    ['Up since', system?.bootedAt === undefined ? undefined : timeText(new Date(system.bootedAt))],
    ['Container engine', engine && 'version' in engine ? engine.version.version : engineInfo?.serverVersion],
    ['IoT Edge daemon', edged],
    ['edge-support', version],
  ];
  const shown = facts.flatMap(([name, value]) => (value ? [html`<div><dt>${name}</dt><dd>${value}</dd></div>`] : []));
  return html`<header><p class="soft small">Support report</p><h1>${device}</h1></header><dl class="facts">${shown}</dl>`;
}

/** The whole in one line. */
export function verdict({ summary }: Findings): Html {
  const { errors, warnings, succeeded, skipped } = summary;
  if (succeeded + errors + warnings === 0) return html`<p class="verdict warning">The checks were not run.</p>`;
  const rest = `${counted(succeeded, 'check')} found nothing wrong, ${skipped} could not tell.`;
  if (errors > 0)
    return html`<p class="verdict error">${counted(errors, 'error')} and ${counted(warnings, 'warning')}. ${rest}</p>`;
  if (warnings > 0) return html`<p class="verdict warning">${counted(warnings, 'warning')}, no error. ${rest}</p>`;
  return html`<p class="verdict fine">No fault was found. ${rest}</p>`;
}

export function findingCards({ findings }: Findings): Html {
  if (findings.length === 0) return html`<p class="soft">None.</p>`;
  return html`${findings.map(card)}`;
}

function card({ id, severity, title, details, advice, evidence, reference, causedBy, explains }: Finding): Html {
  const [first = '', ...rest] = details;
  const link = (name: string) => html`<a href="#finding-${name}">${name}</a> `;
  return html`<article class="card finding ${severity}" id="finding-${id}">
<h3><span class="tag ${severity}">${severity}</span>${first || title}</h3>
${rest.length > 0 && html`<ul>${rest.map((one) => html`<li>${one}</li>`)}</ul>`}
${advice !== '' && html`<p class="advice">${advice}</p>`}
${causedBy && html`<p class="small">Follows from ${causedBy.map(link)}</p>`}
${explains && html`<p class="small">Explains ${explains.map(link)}</p>`}
${evidenceList(evidence)}
<p class="soft small">${title} (<code>${id}</code>)${reference?.startsWith('https://') && html` · <a href="${reference}" rel="noreferrer">more about it</a>`}</p>
</article>`;
}

function evidenceList(evidence: readonly Evidence[]): Html {
  const [texts, files] = [
    evidence.filter(({ text }) => text !== undefined),
    evidence.filter(({ text }) => text === undefined),
  ];
  const place = ({ file, line }: Evidence) =>
    html`<a href="${pathOf(file)}">${file}${line === undefined ? '' : `:${line}`}</a>`;
  return html`${texts.slice(0, mostEvidence).map((one) => html`<p class="small">${place(one)}</p><pre>${one.text}</pre>`)}
${files.length > 0 && html`<p class="small soft">Read from ${files.map((one) => html`${place(one)} `)}</p>`}`;
}

/** A file of the bundle, relative to the report. */
const pathOf = (file: string) => `./${file.split('/').map(encodeURIComponent).join('/')}`;

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
  return html`<div class="card"><div class="key"><span class="start">started</span><span class="error">ended with an error, out of memory; bars: errors in the log</span><span class="warning">stopped or killed</span><span>ended well</span></div>
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

export function room(result: BundleResult): Html {
  const disks = factOf(result, 'hostDisks');
  const system = factOf(result, 'system');
  const memory = factOf(result, 'memory');
  const share = (name: string, used: number, total: number): Share => ({
    name,
    used,
    total,
    text: `${bytesText(used)} of ${bytesText(total)}`,
  });
  const fileSystems =
    disks?.fileSystems.map(({ paths, total, available }) => share(paths[0] ?? '', total - available, total)) ?? [];
  const ram = system
    ? [
        share('memory', system.memory.total - system.memory.available, system.memory.total),
        ...(system.swap.total > 0 ? [share('swap', system.swap.total - system.swap.free, system.swap.total)] : []),
      ]
    : [];
  const modules = memory?.modules.slice(0, mostPictures).map(({ name, used, limit }) => share(name, used, limit)) ?? [];
  const logs = disks?.logs.slice(0, 10) ?? [];
  const nameOf = new Map(
    factOf(result, 'edgeContainers')?.containers.map(({ containerId, name }) => [containerId, name]),
  );
  const parts = [
    picture('Disks', fileSystems),
    picture('Memory of the device', ram),
    picture('Memory of the modules, of their limits', modules),
    logs.length > 0 &&
      html`<details><summary>The largest logs on the disk</summary><table>${logs.map((log) => html`<tr><td class="name">${nameOf.get(log.containerId) ?? log.containerId.slice(0, 12)}</td><td class="number">${bytesText(log.bytes)}</td></tr>`)}</table></details>`,
  ];
  return parts.some(Boolean) ? html`<div class="card">${parts}</div>` : html`<p class="soft">It could not be read.</p>`;
}

const picture = (caption: string, bars: readonly Share[]): Html | false =>
  bars.length > 0 &&
  html`<figure><figcaption>${caption}</figcaption><div class="scroll">${shares(caption, bars)}</div></figure>`;

export function moduleTable(result: BundleResult): Html {
  const containers = factOf(result, 'edgeContainers')?.containers ?? [];
  if (containers.length === 0) return html`<p class="soft">None could be read.</p>`;
  return html`<div class="card scroll"><table><tr><th>module</th><th>state</th><th>image</th><th>started</th><th>last exit</th><th class="number">restarts by the engine</th><th>health</th></tr>
${containers.map(
  ({ name, state, image, startedAt, finishedAt, exitCode, oomKilled, restartCount, health }) =>
    html`<tr><td class="name">${name}</td><td>${state}</td><td class="name">${image}</td><td>${time(startedAt)}</td><td>${finishedAt.startsWith('0001') ? 'never' : html`${time(finishedAt)}, code ${exitCode}${oomKilled && ', out of memory'}`}</td><td class="number">${restartCount}</td><td>${health ?? 'no check'}</td></tr>`,
)}</table></div>`;
}

const time = (text: string) => timeText(new Date(text));

export function checkTables({ run }: BundleResult): Html {
  if (run.results.length === 0) return html`<p class="soft">They were not run.</p>`;
  const row = ({ id, title, outcome, details, why = '' }: CheckResult) =>
    html`<tr><td><span class="tag ${outcome}">${outcome}</span></td><td class="name">${title}<br><span class="soft small"><code>${id}</code></span></td><td>${details[0] ?? why}</td></tr>`;
  return html`${[...checkSections, logSection].map((section) => {
    const own = run.results.filter((result) => result.section === section);
    const bad = own.filter(({ outcome }) => outcome === 'error' || outcome === 'warning').length;
    if (own.length === 0) return '';
    return html`<details><summary>${section}: ${counted(own.length, 'check')}, ${bad === 0 ? 'nothing wrong' : counted(bad, 'complaint')}</summary><div class="scroll"><table>${own.map(row)}</table></div></details>`;
  })}`;
}

/** What is not whole, or was not read. */
export function leftOut({ entries, run }: BundleResult): Html {
  const files = entries.filter(({ status }) => status !== 'success').slice(0, mostRows);
  const skipped = run.results.filter(({ outcome }) => outcome === 'skipped');
  return html`${files.length === 0 ? html`<p>Every file is whole.</p>` : html`<div class="card scroll"><table><tr><th>file</th><th>what became of it</th><th>why</th></tr>${files.map(({ name, status, reason = '' }) => html`<tr><td class="name">${name}</td><td>${status}</td><td>${reason}</td></tr>`)}</table></div>`}
${skipped.length > 0 && html`<details><summary>${counted(skipped.length, 'check')} could not tell</summary><ul>${skipped.map(({ title, why = '' }) => html`<li>${title}: ${why}</li>`)}</ul></details>`}`;
}

export function redactionTable({ entries }: BundleResult): Html {
  const { total, rules } = toRedactions('', entries);
  if (total === 0) return html`<p>Nothing looked like a secret.</p>`;
  return html`<p>${counted(total, 'secret')} were replaced by tokens; the same secret has the same token everywhere. <a href="./redaction.json">redaction.json</a> counts them by file.</p>
<div class="card scroll"><table>${Object.entries(rules)
    .sort(([, a], [, b]) => b - a)
    .map(
      ([rule, count]) => html`<tr><td class="name">${rule}</td><td class="number">${count}</td></tr>`,
    )}</table></div>`;
}

export function contents({ entries }: BundleResult): Html {
  const rows = entries
    .slice(0, mostRows)
    .map(
      ({ name, bytes, status, seconds }) =>
        html`<tr><td class="name">${bytes > 0 || status === 'success' ? html`<a href="${pathOf(name)}">${name}</a>` : name}</td><td>${status}</td><td class="number">${bytesText(bytes)}</td><td class="number">${seconds.toFixed(1)} s</td></tr>`,
    );
  return html`<details><summary>${counted(entries.length, 'file')}, ${bytesText(entries.reduce((sum, { bytes }) => sum + bytes, 0))} before compression</summary><div class="scroll"><table><tr><th>file</th><th>status</th><th class="number">size</th><th class="number">took</th></tr>${rows}</table></div></details>`;
}
