import { createRedactor } from '../../module/redact/redact.ts';
import { toFindings } from '../../module/report/findings.ts';
import { html } from '../../module/report/html.ts';
import { renderReport } from '../../module/report/report.ts';
import { resultWith } from './support/bundle-result.ts';

const plain = resultWith((text) => text);
const render = (result = plain) => renderReport(result, toFindings(result));

test('findings come in order of weight: causes before what follows from them, errors and what explains them first', () => {
  const { findings, summary } = toFindings(plain);
  expect(summary.errors).toBe(findings.filter(({ severity }) => severity === 'error').length);
  const ids = findings.map(({ id }) => id);
  for (const [at, { id, causedBy = [] }] of findings.entries()) {
    for (const cause of causedBy) expect([id, ids.indexOf(cause) < at]).toEqual([id, true]);
  }
  // Errors, and what explains one, come before whatever is neither.
  const heavy = new Set(findings.filter(({ severity }) => severity === 'error').map(({ id }) => id));
  const first = findings.findIndex(
    ({ id, causedBy, explains = [] }) => !causedBy && !heavy.has(id) && !explains.some((one) => heavy.has(one)),
  );
  expect(findings.slice(first).filter(({ severity, causedBy }) => severity === 'error' && !causedBy)).toEqual([]);
  expect(ids.indexOf('disk-space')).toBe(ids.indexOf('container-log-size') + 1);
  expect(findings.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['container-log-size', 'disk-space', 'log-disk-full', 'log-before-exit', 'memory-pressure']),
  );
});

test('evidence leads into the bundle: a line of a log, or the readings that were judged', () => {
  const { findings } = toFindings(plain);
  const of = (id: string) => findings.find((finding) => finding.id === id);
  expect(of('log-disk-full')).toMatchObject({
    severity: 'error',
    evidence: [
      { file: 'logs/edgeHub_log.txt', line: 7 },
      { file: 'logs/edgeHub_log.txt', line: 7, text: 'last' },
    ],
    reference: 'https://github.com/Azure/iotedge/issues/6164',
  });
  expect(of('disk-space')?.evidence).toEqual(expect.arrayContaining([{ file: 'facts/hostDisks.json' }]));
  expect(of('disk-space')?.reference).toBe('docs/checks/disk-space.md');
  expect(of('log-before-exit')?.details[0]).toMatch(
    /ended with exit code 139 at 2026-11-25T10:5\d:00Z; the first error before: the first error$/,
  );
});

test('findings are JSON, and say whose they are', () => {
  expect(JSON.parse(JSON.stringify(toFindings(plain)))).toMatchObject({
    schema: 'edge-support-findings/1',
    device: 'edge-1',
    caseId: 'CS-1234',
    window: { since: '2026-11-24T12:00:00.000Z', until: '2026-11-25T12:00:00.000Z' },
  });
});

test('the page has its sections, the verdict, evidence with links, and what is missing or redacted', () => {
  const page = render();
  for (const title of [
    'Findings',
    'Timeline',
    'Errors and warnings',
    'Disks and memory',
    'Modules',
    'Checks',
    'Left out',
    'Redacted',
    'In this bundle',
  ])
    expect(page).toContain(`<h2>${title}</h2>`);
  expect(page).toMatch(/<p class="verdict error">\d+ errors and \d+ warnings\./);
  expect(page).toContain('<a href="./logs/edgeHub_log.txt">logs/edgeHub_log.txt:7</a>');
  expect(page).toContain('The policy forbids it.');
  expect(page).toContain('sas-signature');
});

test('what a device wrote is text, whatever it holds', () => {
  const hostile = resultWith(
    (text) => `${text}<script>alert(1)</script><img src=x onerror=alert(1)>"'&\u202e\u0000\u001b[31m</style></title>`,
  );
  const page = render(hostile);
  expect(page).not.toMatch(/<script|<img|onerror=[^&]*>/);
  expect(page.match(/<\/style>/g)).toHaveLength(1);
  expect(page.match(/<\/title>/g)?.length).toBe(page.match(/<title>/g)?.length);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
  expect(page).not.toMatch(/[\u0000-\u0008\u001b\u202e]/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

test.each([
  ['an assignment at the end of a line', 'systemd: export DB_PASSWORD=hunter-one'],
  ['the beginning of a key', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIFakeFakeFakeFake'],
  ['a header', 'cookie: sid=Hunter1Hunter1; Authorization: Bearer Hunter1Hunter1'],
])('a page without its secrets is whole: %s', async (_, secret) => {
  const result = resultWith((text) => `${text} ${secret}`);
  const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [] });
  const parts: Uint8Array[] = [];
  for await (const part of redactor.made(result, render)) parts.push(part);
  const page = Buffer.concat(parts).toString();
  expect(page.match(/hunter|FakeFake/i)).toBeNull();
  const tags = (text: string) => text.match(/<\/?[a-z\d]+|>/g)?.join(' ');
  expect(tags(page)).toBe(tags(render(result)));
});

test('a large device makes a page under 1 MB', () => {
  expect(render(resultWith((text) => text, 50)).length).toBeLessThan(1_000_000);
});

test('a bundle of which little is known has a page all the same', () => {
  const page = render({ ...plain, run: { ...plain.run, results: [], readings: {} }, entries: [] });
  expect(page).toContain('The checks were not run.');
  expect(page).toContain('There are no logs in this bundle.');
});

test('values in html are escaped, lists joined, nothing printed for what is not there', () => {
  expect(html`<b>${'<i>'}</b>${[html`<i>x</i>`, 'a&b']}${undefined}${false}${0}`.text).toBe(
    '<b>&lt;i&gt;</b><i>x</i>a&amp;b0',
  );
});

test('an object of a hostile bundle is no HTML, whatever fields it has', () => {
  const forged = JSON.parse('{"text":"<meta http-equiv=refresh>","safe":true,"html":true}') as string;
  expect(html`<p>${forged}</p>${[forged]}`.text).not.toContain('<meta');
  expect(render({ ...plain, device: forged, iothub: forged, caseId: forged })).not.toContain(
    '<meta http-equiv=refresh',
  );
});
