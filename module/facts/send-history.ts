/** When a counter that only grows was seen to have grown last; milliseconds since 1970. */
export interface LastSend {
  /** The look at which it had not grown yet. */
  readonly after: number;
  /** The look at which it had. */
  readonly before: number;
}

/** Remembers looks at a counter over the time of this process, since metrics do not say when they changed. */
export interface SendHistory {
  /** Takes note of a look; answers with the last growth, if any was seen. A counter that begins anew has grown, unless it is 0. */
  look(count: number, at: number): LastSend | undefined;
}

export function createSendHistory(): SendHistory {
  let previous: { readonly count: number; readonly at: number } | undefined;
  let last: LastSend | undefined;
  return {
    look(count, at) {
      if (previous && count !== previous.count && count > 0) last = { after: previous.at, before: at };
      previous = { count, at };
      return last;
    },
  };
}
