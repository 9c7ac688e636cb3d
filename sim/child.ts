import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Both output streams are appended here. A file, not a pipe: the child survives us without blocking. */
  readonly logFile: string;
}

export interface Child {
  readonly pid: number;
  /** Resolves with `code 1` or `signal SIGTERM` when the process has ended; never rejects. */
  readonly exited: Promise<string>;
  /** The same, when it has ended already; undefined while it runs. */
  ended(): string | undefined;
  /** The last lines of the log, for a message about a failure. */
  lastLines(count?: number): Promise<string>;
  /** SIGTERM, then SIGKILL after the limit (milliseconds). */
  stop(limitMs?: number): Promise<void>;
  /** SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>;
}

/**
 * Starts a program in a session of its own, so that Ctrl-C at the terminal reaches only us and we stop the rest in order.
 * Throws one sentence when the program cannot be started at all.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = await open(options.logFile, 'a');
  try {
    const child = spawn(options.command, options.args, {
      env: options.env,
      cwd: options.cwd,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let outcome: string | undefined;
    const exited = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => {
        outcome = signal ? `signal ${signal}` : `code ${code}`;
        resolve(outcome);
      });
      child.once('error', (error) => {
        outcome ??= error.message;
        resolve(outcome);
      });
    });
    const pid = child.pid;
    if (pid === undefined) throw new Error(`${options.name} could not be started: ${await exited}.`);
    child.unref();
    return {
      pid,
      exited,
      ended: () => outcome,
      lastLines: async (count = 15) => tail(await readFile(options.logFile, 'utf8').catch(() => ''), count),
      stop: async (limitMs = 10_000) => {
        if (outcome !== undefined) return;
        child.kill('SIGTERM');
        if (await within(limitMs, exited)) return;
        child.kill('SIGKILL');
        await within(5000, exited);
      },
      kill: async () => {
        child.kill('SIGKILL');
        if (!(await within(5000, exited))) throw new Error(`${options.name} did not end within 5 s of SIGKILL.`);
      },
    };
  } finally {
    await log.close();
  }
}

async function within(limitMs: number, done: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const late = delay(limitMs, false, { signal: over.signal }).catch(() => false);
  const first = await Promise.race([done.then(() => true), late]);
  over.abort();
  return first;
}

function tail(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
