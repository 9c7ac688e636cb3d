import type { BundleResult } from './bundle-result.ts';
import { type Share, shares } from './charts.ts';
import { type Html, html } from './html.ts';
import { factOf } from './parts.ts';
import { bytesText, timeText } from './words.ts';

/** So many modules have a bar. */
const mostBars = 15;

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
  const modules = memory?.modules.slice(0, mostBars).map(({ name, used, limit }) => share(name, used, limit)) ?? [];
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
