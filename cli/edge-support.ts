#!/usr/bin/env node
/** The command beside the module: looks at bundles on a desk. See the usage below and docs/cli.md. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '../module/base/errors.ts';
import type { BundleResult } from '../module/report/bundle-result.ts';
import type { Findings } from '../module/report/findings.ts';
import { renderReport } from '../module/report/report.ts';
import { analyzeBundle } from './analyze.ts';
import { findingsText } from './findings-text.ts';
import { redactBundle } from './redact.ts';

const usage = `Usage: edge-support analyze BUNDLE.zip [--json] [--report FILE.html] [--now TIME] [--fail-on error|warning]
       edge-support redact BUNDLE.zip [--out FILE.zip] [--strict] [--rule NAME=PATTERN]… [--key HEX] [--json]
       edge-support --version | --help

Takes bundles of edge-support and zips of \`iotedge support-bundle\`.

analyze judges what is in the bundle by the checks of this version and says what is wrong, with evidence and advice.
  --json           the findings as JSON on stdout, nothing else
  --report FILE    writes the page that a person reads (report.html)
  --now TIME       judges what expires by this time instead of the bundle's own
  --fail-on LEVEL  exit code 1 when there is a finding of that severity or worse
redact writes a copy in which every secret is replaced by a token; what is no text is left out of it.
  --out FILE       where to (default: beside the bundle, NAME-redacted.zip); an existing file is not touched
  --strict         e-mail addresses and public IP addresses too
  --rule RULE      a rule of your own, NAME=PATTERN in RE2's language; may be given several times
  --key HEX        the key of the tokens, at least 32 hex digits (default: one for this copy alone)
Exit code: 0 when it was done, 1 when it could not be or with --fail-on, 2 for wrong usage.`;

class UsageError extends Error {}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The one bundle that is named. */
function bundleOf(positionals: readonly string[]): string {
  const [bundle, ...more] = positionals;
  if (bundle === undefined || more.length > 0) throw new UsageError('Name one bundle.');
  return bundle;
}

async function analyze(args: string[]): Promise<void> {
  const options = {
    json: { type: 'boolean', default: false },
    report: { type: 'string' },
    now: { type: 'string' },
    'fail-on': { type: 'string' },
  } as const;
  const { values, positionals } = parsed(() => parseArgs({ args, options, allowPositionals: true }));
  const { json, report, now, 'fail-on': failOn } = values;
  if (failOn !== undefined && failOn !== 'error' && failOn !== 'warning') {
    throw new UsageError(`--fail-on must be error or warning, got "${failOn}".`);
  }
  const at = now === undefined ? undefined : new Date(now);
  if (at && Number.isNaN(at.getTime()))
    throw new UsageError(`--now must be a time such as 2026-01-02T03:04:05Z, got "${now}".`);
  const { result, findings } = await analyzeBundle({
    bundle: bundleOf(positionals),
    version,
    ...(at ? { now: at } : {}),
  });
  if (report !== undefined) await writeFile(report, reportOf(result, findings));
  console.log(json ? JSON.stringify(findings, null, 2) : findingsText(findings));
  const { errors, warnings } = findings.summary;
  if (failOn !== undefined && errors + (failOn === 'warning' ? warnings : 0) > 0) process.exitCode = 1;
}

/** Readings of a bundle from anywhere may be anything. */
function reportOf(result: BundleResult, findings: Findings): string {
  try {
    return renderReport(result, findings);
  } catch (error) {
    throw new Error(
      `No report can be made of it: its facts are not as edge-support writes them (${messageOf(error)}).`,
    );
  }
}

async function redact(args: string[]): Promise<void> {
  const options = {
    json: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    out: { type: 'string' },
    key: { type: 'string' },
    rule: { type: 'string', multiple: true },
  } as const;
  const { values, positionals } = parsed(() => parseArgs({ args, options, allowPositionals: true }));
  const { json, strict, out, key, rule = [] } = values;
  const done = await redactBundle({
    bundle: bundleOf(positionals),
    scope: strict ? 'strict' : 'all',
    rules: rule,
    ...(out === undefined ? {} : { out }),
    ...(key === undefined ? {} : { key }),
  });
  if (json) return console.log(JSON.stringify(done, null, 2));
  console.log(`${done.out}: ${done.total} secrets replaced by tokens.`);
  for (const [name, count] of Object.entries(done.rules).sort(([, a], [, b]) => b - a))
    console.log(`  ${name}: ${count}`);
  if (done.leftOut.length > 0) console.log(`Left out, since they are no text: ${done.leftOut.join(', ')}`);
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}

const commands: Readonly<Record<string, (args: string[]) => Promise<void>>> = { analyze, redact };

const [command = '', ...args] = process.argv.slice(2);
try {
  if (command === '--version') console.log(version);
  else if (command === '--help' || args.includes('--help')) console.log(usage);
  else if (!Object.hasOwn(commands, command))
    throw new UsageError(command === '' ? 'Say what to do.' : `There is no command "${command}".`);
  else await commands[command]?.(args);
} catch (error) {
  const wrong = error instanceof UsageError;
  console.error(wrong ? `${error.message}\n\n${usage}` : (error as Error).message);
  process.exitCode = wrong ? 2 : 1;
}
