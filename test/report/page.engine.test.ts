import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { toFindings } from '../../module/report/findings.ts';
import { renderReport } from '../../module/report/report.ts';
import { resultWith } from './support/bundle-result.ts';

let browser: Browser;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-support-report-'));
  browser = await chromium.launch({
    // Ubuntu has no package of it.
    executablePath: ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync) ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
    ],
  });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

const hostile = (text: string) =>
  `${text}<script>document.title='owned'</script><img src="http://127.0.0.1:9/x">"'\u202e`;

/** Opens a report from disk, as a person does; what it asked for and complained of. */
async function open(name: string, text: (own: string) => string, look: Parameters<Browser['newContext']>[0]) {
  const result = resultWith(text);
  const file = join(folder, `${name}.html`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, renderReport(result, toFindings(result)));
  const context = await browser.newContext(look);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => void requests.push(request.url()));
  page.on('console', (message) => void complaints.push(message.text()));
  page.on('pageerror', (error) => void complaints.push(error.message));
  const url = pathToFileURL(file).href;
  await page.goto(url);
  return { page, context, requests, complaints, url };
}

const looks = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
} as const;

test.each(Object.entries(looks))(
  '%s: nothing is loaded, nothing complains, the page is as wide as the window',
  async (name, look) => {
    const { page, context, requests, complaints, url } = await open(name, (text) => text, look);
    expect({ requests, complaints }).toEqual({ requests: [url], complaints: [] });
    const headings = await page.locator('h2').allTextContents();
    expect(headings).toEqual([
      'Findings',
      'Timeline',
      'Errors and warnings',
      'Disks and memory',
      'Modules',
      'Checks',
      'Left out',
      'Redacted',
      'In this bundle',
    ]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    // The style holds: its hash is the one that the policy allows.
    const back = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(back).toBe(name === 'dark' ? 'rgb(20, 23, 27)' : 'rgb(245, 246, 248)');
    expect(await page.locator('svg').count()).toBeGreaterThan(4);
    await context.close();
  },
  30_000,
);

test('markup in names, lines and reasons shows as text, and does nothing', async () => {
  const { page, context, requests, complaints, url } = await open('hostile', hostile, looks.desktop);
  expect({ requests, complaints }).toEqual({ requests: [url], complaints: [] });
  expect(await page.title()).toContain("<script>document.title='owned'</script>");
  expect(await page.locator('script, img, iframe, object').count()).toBe(0);
  expect(await page.locator('h1').textContent()).toContain('<script>');
  await context.close();
}, 30_000);

test('each finding can be reached from what it explains, and it prints', async () => {
  const { page, context } = await open('print', (text) => text, looks.desktop);
  const broken = await page.evaluate(
    "[...document.querySelectorAll('a[href^=\"#\"]')].filter((one) => !document.getElementById(one.getAttribute('href').slice(1))).length",
  );
  expect(broken).toBe(0);
  const pdf = await page.pdf({ format: 'A4' });
  expect(pdf.length).toBeGreaterThan(20_000);
  await context.close();
}, 30_000);
