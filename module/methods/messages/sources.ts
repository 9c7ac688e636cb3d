/** Where a message came from and by which input it came here. */
export interface MessageSource {
  readonly device?: string;
  /** Absent for a device behind edgeHub. */
  readonly module?: string;
  /** Only where edgeHub tells it. */
  readonly output?: string;
  readonly input: string;
}

/** What came from one source; sizes are those of bodies. */
export interface SourceCount extends MessageSource {
  readonly messages: number;
  readonly bytes: number;
  readonly perSecond: number;
  readonly smallest: number;
  readonly mean: number;
  readonly largest: number;
}

export interface Sources {
  add(source: MessageSource, bytes: number): void;
  /** The busiest first, with the rates of so many seconds. */
  list(seconds: number): readonly SourceCount[];
  /** Of sources that there was no room for. */
  others(): { readonly messages: number; readonly bytes: number } | undefined;
  total(): { readonly messages: number; readonly bytes: number };
}

/** 50 modules are what a device may have. */
const mostSources = 100;

interface Count {
  messages: number;
  bytes: number;
  smallest: number;
  largest: number;
}

/** Counts messages by source, in bounded room. */
export function createSources(): Sources {
  const counts = new Map<string, Count & { readonly source: MessageSource }>();
  const others = { messages: 0, bytes: 0 };
  const total = { messages: 0, bytes: 0 };
  return {
    add(source, bytes) {
      total.messages += 1;
      total.bytes += bytes;
      const key = keyOf(source);
      let count = counts.get(key);
      if (!count) {
        if (counts.size >= mostSources) {
          others.messages += 1;
          others.bytes += bytes;
          return;
        }
        count = { source, messages: 0, bytes: 0, smallest: bytes, largest: bytes };
        counts.set(key, count);
      }
      count.messages += 1;
      count.bytes += bytes;
      count.smallest = Math.min(count.smallest, bytes);
      count.largest = Math.max(count.largest, bytes);
    },
    list: (seconds) =>
      [...counts.values()]
        .sort((a, b) => b.messages - a.messages)
        .map(({ source, messages, bytes, smallest, largest }) => ({
          ...source,
          messages,
          bytes,
          perSecond: rate(messages, seconds),
          smallest,
          mean: Math.round(bytes / messages),
          largest,
        })),
    others: () => (others.messages === 0 ? undefined : others),
    total: () => total,
  };
}

/** Tells sources apart. */
export const keyOf = ({ device, module, output, input }: MessageSource) =>
  JSON.stringify([device, module, output, input]);

/** Messages a second, to hundredths; over less than a tenth of a second nothing can be said. */
export const rate = (messages: number, seconds: number) =>
  seconds < 0.1 ? 0 : Math.round((messages / seconds) * 100) / 100;
