import type { Evidence, Finding, Findings } from './findings.ts';
import { type Html, html } from './html.ts';
import { pathOf } from './parts.ts';
import { counted } from './words.ts';

/** So many lines of evidence are shown; findings.json has all. */
const mostEvidence = 6;

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
