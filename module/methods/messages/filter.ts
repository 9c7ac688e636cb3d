import { within } from '../../base/time.ts';
import type { InputMessage } from '../../hub/hub.ts';
import { openMatcher, type Pattern } from '../../logs/pattern.ts';

export interface MessageFilter {
  /** Looks at it when its turn comes. */
  offer(message: InputMessage): void;
  /** Rejects with a SupportError when the pattern is too slow; never resolves. */
  readonly failed: Promise<never>;
  /** Waits a moment for what has not been looked at; gives how much was not. Rejects as `failed` does. */
  settle(): Promise<number>;
  close(): Promise<void>;
}

export interface MessageFilterParts {
  readonly pattern: Pattern;
  /** What the pattern is looked for in, of each message. */
  readonly textsOf: (messages: readonly InputMessage[]) => Promise<readonly string[]>;
  /** A message in which it was found. */
  readonly take: (message: InputMessage) => void;
  readonly signal: AbortSignal;
}

/** Messages come faster than a pattern may be: so much of them waits at the most, in bytes. */
const mostWaiting = 4 << 20;
/** What a message takes beside its body and properties, about. */
const beside = 500;
/** The matcher's limit of time is for batches of some 64 KB; of a long body only the beginning is looked at. */
const batchBytes = 64 << 10;
const mostOfOne = 16 << 10;
const settleMs = 3000;

/** Passes on the messages in which a pattern is found, in their order. The pattern runs on a thread of its own. */
export function createMessageFilter({ pattern, textsOf, take, signal }: MessageFilterParts): MessageFilter {
  const matcher = openMatcher(pattern);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let failed = false;
  const waiting: InputMessage[] = [];
  let bytes = 0;
  let missed = 0;
  let running: Promise<void> | undefined;
  const size = ({ body, bag }: InputMessage) => body.length + bag.length + beside;

  async function run(): Promise<void> {
    for (let batch = next(); batch.length > 0; batch = next()) {
      const found = await matcher.match(await textsOf(batch), signal);
      for (const [index, message] of batch.entries()) {
        bytes -= size(message);
        if (found[index] === 1) take(message);
      }
    }
  }

  function next(): readonly InputMessage[] {
    let bytes = 0;
    const end = waiting.findIndex((message) => {
      bytes += Math.min(size(message), mostOfOne);
      return bytes > batchBytes;
    });
    return waiting.splice(0, end < 0 ? waiting.length : Math.max(1, end));
  }

  return {
    failed: failure.promise,
    offer(message) {
      if (bytes + size(message) > mostWaiting) {
        missed += 1;
        return;
      }
      bytes += size(message);
      waiting.push(message);
      running ??= run()
        .catch((error: unknown) => {
          failed = true;
          failure.reject(error);
        })
        .finally(() => {
          running = undefined;
        });
    },
    async settle() {
      await within(settleMs, 'Filtering', async () => running, signal).catch(() => undefined);
      return failed ? failure.promise : missed + waiting.length;
    },
    close: matcher.close,
  };
}
