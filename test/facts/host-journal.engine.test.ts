import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalAsk } from '../../module/facts/fact.ts';
import { readHostJournal } from '../../module/facts/host-journal.ts';
import { writeJournal } from '../../sim/host/journal.ts';
import { installJournalctl } from '../../sim/host/journalctl.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'edge-support-journal-'));
  expect(await writeJournal(root)).toBe(true);
  await installJournalctl(root);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const read = async (ask: JournalAsk, at = root, signal = AbortSignal.timeout(20_000)) => {
  const parts: Uint8Array[] = [];
  for await (const part of readHostJournal({ root: at, origin: '', missing: [] }, ask, signal)) parts.push(part);
  return Buffer.concat(parts).toString();
};
const linesOf = (text: string) => text.split('\n').filter(Boolean);

test('a unit’s lines, in UTC, of a host’s own journal by its own journalctl', async () => {
  const lines = linesOf(await read({ units: ['aziot-edged', 'snap.azure-iot-edge.aziot-edged'] }));
  expect(lines.length).toBeGreaterThan(5);
  const when = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:?00 \S+ aziot-edged\b.*: /;
  expect(lines.filter((line) => !when.test(line))).toEqual([]);
});

test('a window is one of real time, whatever the time zone of the host', async () => {
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc/timezone'), 'America/Bogota\n');
  await symlink('/usr/share/zoneinfo/America/Bogota', join(root, 'etc/localtime'));
  const now = Math.floor(Date.now() / 1000);
  const all = linesOf(await read({}));
  const lately = linesOf(await read({ since: now - 30 * 60 }));
  expect(all).toHaveLength(60);
  expect(lately.length).toBeGreaterThanOrEqual(28);
  expect(lately.length).toBeLessThanOrEqual(31);
  const before = linesOf(await read({ until: now - 30 * 60 }));
  expect(before.length + lately.length).toBeGreaterThanOrEqual(60);
  expect(linesOf(await read({ lines: 7 }))).toEqual(all.slice(-7));
});

test('the kernel’s messages', async () => {
  const lines = linesOf(await read({ kernel: true }));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toContain('Out of memory: Killed process 4242');
});

test('where there is no journal, or no journalctl, that is said', async () => {
  const empty = join(root, 'empty');
  await mkdir(empty);
  await expect(read({}, empty)).rejects.toMatchObject({
    reason: 'mount-missing',
    message: 'The host has no journal (/var/log/journal, /run/log/journal).',
  });
  await mkdir(join(empty, 'run/log/journal'), { recursive: true });
  await expect(read({}, empty)).rejects.toThrow('The host has no journalctl (/usr/bin/journalctl, /bin/journalctl).');
  await mkdir(join(empty, 'bin'));
  await writeFile(join(empty, 'bin/journalctl'), '#!/bin/sh\n');
  await expect(read({}, empty)).rejects.toThrow('The host has no journalctl that can be run here.');
});

test('one that is given up ends at once', async () => {
  await expect(read({}, root, AbortSignal.abort(new Error('over')))).rejects.toThrow(/abort|over/i);
});
