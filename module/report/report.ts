import { createHash } from 'node:crypto';
import type { BundleResult } from './bundle-result.ts';
import { checkTables, contents, leftOut, redactionTable } from './bundle-sections.ts';
import { head, moduleTable, room } from './device-sections.ts';
import type { Findings } from './findings.ts';
import { findingCards, verdict } from './findings-section.ts';
import { constant, type Html, html } from './html.ts';
import { logSections, spanOf, timelineSection } from './log-sections.ts';
import { style } from './style.ts';

/** What the page may load: nothing; and only this style holds. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/**
 * `report.html`: one page that needs nothing else, which a person reads first. What a device wrote is shown as text,
 * whatever it holds. Links lead to the files of the bundle beside it.
 */
export function renderReport(result: BundleResult, findings: Findings): string {
  const span = spanOf(result);
  const sections: readonly (readonly [id: string, title: string, content: Html])[] = [
    ['findings', 'Findings', findingCards(findings)],
    ['timeline', 'Timeline', timelineSection(result, span)],
    ['logs', 'Errors and warnings', logSections(result, span)],
    ['room', 'Disks and memory', room(result)],
    ['modules', 'Modules', moduleTable(result)],
    ['checks', 'Checks', checkTables(result)],
    ['left-out', 'Left out', leftOut(result)],
    ['redacted', 'Redacted', redactionTable(result)],
    ['contents', 'In this bundle', contents(result)],
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>${result.device}: support report</title>
<style>${constant(style)}</style>
</head>
<body><main>
${head(result)}
${verdict(findings)}
<nav aria-label="Sections">${sections.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</nav>
${sections.map(([id, title, content]) => html`<section id="${id}"><h2>${title}</h2>${content}</section>`)}
</main></body>
</html>
`;
  return page.text;
}
