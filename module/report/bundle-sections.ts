import { sections as checkSections, logSection } from '../checks/check.ts';
import type { CheckResult } from '../checks/run.ts';
import type { BundleResult } from './bundle-result.ts';
import { type Html, html } from './html.ts';
import { pathOf } from './parts.ts';
import { toRedactions } from './redactions.ts';
import { bytesText, counted } from './words.ts';

/** So many rows a table has at the most. */
const mostRows = 1000;

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
