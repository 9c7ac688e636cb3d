import { stripVTControlCharacters } from 'node:util';
import { SupportError } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import { demuxFrames, demuxTty, type Take } from '../docker/demux.ts';
import type { Docker, EdgeModule } from '../docker/docker.ts';
import type { Fact } from './fact.ts';

/** The last error line of modules that ended with an error, were started lately or are unhealthy, without secrets. */
export interface LastErrorsReading {
  readonly lines: Readonly<Record<string, string>>;
}

/** So many lines from the end are looked at, and so much of them. */
const lastLines = 60;
const mostBytes = 256 * 1024;
const longest = 300;
const mostModules = 12;

export const lastErrors: Fact<LastErrorsReading> = {
  about: "Reading the last lines of troubled modules' logs",
  async read({ docker, own }, signal) {
    // What others wrote may hold secrets: without the means to take them out nothing is quoted.
    if (!own) return { lines: {} };
    const lines: Record<string, string> = {};
    const troubled = (await docker.modules(signal)).filter(isTroubled).slice(0, mostModules);
    await inParallel(4, troubled, async ({ name }) => {
      const line = lastError(await tailOf(docker, name, signal));
      if (line !== undefined) lines[name] = own.redact(line);
    });
    return { lines };
  },
};

/** By the engine's words: `Exited (1) 2 minutes ago`, `Restarting (139) 3 seconds ago`, `Up 5 seconds`, `Up … (unhealthy)`. */
function isTroubled({ state, status }: EdgeModule): boolean {
  if (state === 'restarting' || state === 'dead' || /\(unhealthy\)/.test(status)) return true;
  if (state === 'exited') return !/^Exited \(0\)/.test(status);
  return state === 'running' && /^Up (?:Less than a second|\d+ seconds?|About a minute|\d minutes?)\b/.test(status);
}

async function tailOf(docker: Docker, name: string, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  let left = mostBytes;
  const take: Take = (_, chunk, start, end) => {
    if (left > 0) parts.push(Buffer.from(chunk.subarray(start, Math.min(end, start + left))));
    left -= end - start;
  };
  try {
    const { tty, body } = await docker.logs(name, { tail: lastLines }, signal);
    const demux = tty ? demuxTty(take) : demuxFrames(take);
    for await (const chunk of body) {
      demux.push(chunk);
      if (left <= 0) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    // A log that cannot be read (driver none, a container that is gone) spoils nothing: there is no line of it then.
    if (!(error instanceof SupportError)) throw error;
  }
  return Buffer.concat(parts).toString();
}

/** The last line that is an error by its level or its words; else the last that says anything. */
function lastError(log: string): string | undefined {
  const lines = log.split('\n').flatMap((line) => {
    // Colours and other control characters are nothing to read.
    const plain = stripVTControlCharacters(line)
      .replace(/\p{Cc}+/gu, ' ')
      .trim();
    return plain === '' ? [] : [plain];
  });
  const line = lines.findLast((one) => /^<[0-3]>|\b(?:error|exception|fatal|panic|fail(?:ed|ure)?)\b/i.test(one));
  return (line ?? lines.at(-1))?.slice(0, longest);
}
