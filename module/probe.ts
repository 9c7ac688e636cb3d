import { pipeline } from 'node:stream/promises';
import { messageOf } from './base/errors.ts';
import { within } from './base/time.ts';
import { noEngine } from './docker/no-engine.ts';
import { readHostJournal } from './facts/host-journal.ts';
import { type FactName, facts, readFacts } from './facts/index.ts';
import type { EmptyRequest, JournalRequest, ProbeRequest } from './facts/probes.ts';
import { emptyLog } from './logs/file/empty.ts';

/*
 * The program of helper containers: reads facts where it runs, passes the host's journal on, or empties a log. Its request
 * comes as JSON on stdin; answers go as JSON with a zero byte after it to stdout, the journal as its text. When there is none
 * it says why in one sentence on stderr and ends with status 1.
 */

/** A request larger than this is none; characters. */
const largestRequest = 4 << 20;

/** No request takes as long to come; milliseconds. */
const requestMs = 10_000;

const fail = (why: string) => void process.stderr.write(`${why}\n`, () => process.exit(1));
// Its text may quote anything.
process.on('uncaughtException', ({ name }) => fail(`An unexpected fault: ${name}.`));

/** The request is never quoted: there may be a proxy's password in it. */
async function readRequest(): Promise<ProbeRequest> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin) {
    text += part;
    if (text.length > largestRequest) throw new Error('The request is too large.');
  }
  try {
    return JSON.parse(text) as ProbeRequest;
  } catch {
    throw new Error('The request is not JSON.');
  }
}

async function passJournal({ journal, host }: JournalRequest): Promise<void> {
  const give = new AbortController();
  // Nobody reads any more.
  process.stdout.on('error', () => give.abort());
  await pipeline(readHostJournal(host, journal, give.signal), process.stdout, { end: false });
}

async function passReadings(request: Exclude<ProbeRequest, JournalRequest | EmptyRequest>): Promise<string> {
  const { names, env, targets, host, limitMs } = request;
  // From the start of this process on.
  const left = Math.max(100, limitMs - performance.now());
  setTimeout(() => fail('Reading took too long.'), left + 1000).unref();
  const known = names.filter((name): name is FactName => Object.hasOwn(facts, name));
  const docker = noEngine('There is no container engine in a helper container.');
  const world = { docker, env, targets, now: () => new Date(), ...(host ? { host } : {}) };
  return `${JSON.stringify(await readFacts(known, world, { limitMs: left }))}\0`;
}

async function answer(request: ProbeRequest): Promise<string> {
  if ('empty' in request) return `${JSON.stringify(await emptyLog(request.empty))}\0`;
  if (!('journal' in request)) return passReadings(request);
  await passJournal(request);
  return '';
}

try {
  const request = await within(requestMs, 'Reading the request', readRequest);
  process.stdout.write(await answer(request), () => process.exit(0));
} catch (error) {
  fail(messageOf(error));
}
