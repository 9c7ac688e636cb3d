/**
 * What bench/logs.ts runs in a container: uploads one log as UploadModuleLogs does, text and gzip, to nowhere. Prints
 * an UploadReport. Usage: DOCKER_HOST=… node logs-child.js CONTAINER
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createEngine } from '../module/docker/engine.ts';
import { encodedLog, type LogCount } from '../module/logs/logs.ts';
import { createRedactor } from '../module/redact/redact.ts';
import type { UploadReport } from './support/report.ts';

async function upload(dockerHost: string, name: string): Promise<UploadReport> {
  const docker = createEngine(dockerHost);
  // A module always holds secrets, the SAS of the upload at least, so redaction has something to look for.
  const redactor = createRedactor({
    key: Buffer.from('bench'),
    known: () => ['a-secret-of-the-module', 'another-one'],
  });
  const count: LogCount = { lines: 0, bytes: 0, warnings: [] };
  const log = encodedLog(
    { docker, redactor, iothub: 'hub', device: 'device' },
    name,
    { timestamps: false },
    { contentType: 'text', encoding: 'gzip' },
    count,
    new AbortController().signal,
  );

  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const started = performance.now();
  let uploaded = 0;
  for await (const part of log) uploaded += part.length;
  const seconds = (performance.now() - started) / 1000;
  delay.disable();

  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    seconds,
    lines: count.lines,
    bytes: count.bytes,
    uploaded,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    maxRss: maxRSS * 1024,
    cgroupPeak: cgroupPeak(),
    longestBlockMs: delay.max / 1e6,
  };
}

/** The most memory that the kernel charged to this container, page cache included; cgroup version 2 or 1. */
function cgroupPeak(): number | null {
  for (const file of ['/sys/fs/cgroup/memory.peak', '/sys/fs/cgroup/memory/memory.max_usage_in_bytes']) {
    try {
      return Number(readFileSync(file, 'utf8'));
    } catch {
      // The other version, or a kernel before 5.19.
    }
  }
  return null;
}

upload(process.env.DOCKER_HOST ?? '', process.argv[2] ?? '').then(
  (report) => console.log(JSON.stringify(report)),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
