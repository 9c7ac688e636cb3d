/**
 * Takes the README's picture: the report of a bundle of the local IoT Edge, one of whose modules keeps crashing.
 * Usage: node scripts/picture.ts, after npm run build, with Debian's chromium
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { unzip } from '../sim/cli/zip.ts';
import { startLocalEdge } from '../sim/edge.ts';
import { waitFor } from '../sim/wait.ts';

const picture = join(import.meta.dirname, '../docs/images/report.png');
const dir = await mkdtemp(join(tmpdir(), 'edge-support-picture-'));
const edge = await startLocalEdge({ complete: true, log: console.error });
try {
  await edge.workloads?.deploy({
    name: 'VideoAnalyzer',
    moduleId: 'VideoAnalyzer',
    image: 'example.azurecr.io/video-analyzer:2.1',
    env: {},
    host: { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } } },
    cmd: [
      'sh',
      '-c',
      'echo "<3> $(date -u +%F\\ %T).000 +00:00 [ERR] - Cannot open /dev/video0: no such device"; sleep 1; exit 3',
    ],
  });
  // Until it has ended some times.
  await delay(15_000);
  await edge.startModule({ as: 'container' });
  const { payload } = await edge.invoke('UploadSupportBundle', { sasUrl: edge.blob.containerSasUrl() });
  const { correlationId } = payload as { readonly correlationId: string };
  const ended = async () => {
    const task = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    return (task.payload as { readonly status: string }).status === 'Running' ? undefined : true;
  };
  await waitFor('the bundle', ended, { limitMs: 60_000, everyMs: 500 });
  const [blob] = await edge.blob.list();
  const files = await unzip(await edge.blob.download(blob?.name ?? ''));
  const page = join(dir, 'report.html');
  await writeFile(page, files.get('report.html') ?? '');
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
    ],
  });
  const tab = await browser.newPage({ viewport: { width: 1200, height: 820 } });
  await tab.goto(pathToFileURL(page).href);
  await tab.screenshot({ path: picture });
  await browser.close();
} finally {
  await edge.stop();
  await rm(dir, { recursive: true, force: true });
}
process.exit(0);
