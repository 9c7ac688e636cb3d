import { SupportError } from '../../base/errors.ts';
import { sleep } from '../../base/time.ts';
import type { InputMessage } from '../../hub/hub.ts';
import { readProperties } from '../../hub/properties.ts';
import type { Pattern } from '../../logs/pattern.ts';
import type { Scope } from '../../redact/redact.ts';
import type { Services } from '../method.ts';
import { createMessageFilter } from './filter.ts';
import { createListening } from './listening.ts';
import { createSample } from './sample.ts';
import { matchedTexts, type ShownMessage, showMessage, sourceOf } from './shown-message.ts';
import { createSources, keyOf, rate, type SourceCount } from './sources.ts';

export interface CaptureAsk {
  readonly seconds: number;
  /** So many messages are shown. */
  readonly max: number;
  readonly bodyBytes: number;
  readonly pattern: Pattern | undefined;
  readonly scope: Scope;
}

/** What was heard. Counts, sizes and sources are those of messages that the filter let through. */
export interface Capture {
  readonly startedAt: string;
  /** In which messages could come. */
  readonly seconds: number;
  readonly messages: number;
  /** Of bodies. */
  readonly bytes: number;
  readonly perSecond: number;
  /** What else came; only with a filter. */
  readonly filteredOut?: number;
  /** Came faster than the filter could look. */
  readonly notLookedAt?: number;
  readonly sources: readonly SourceCount[];
  /** Of sources beyond the hundredth. */
  readonly otherSources?: { readonly messages: number; readonly bytes: number };
  readonly sample: readonly ShownMessage[];
  /** Why this is not all that was asked for. */
  readonly partial?: readonly string[];
  /** Why it may be so little. */
  readonly note?: string;
}

export interface CaptureEnd {
  /** Ends it without a result. */
  readonly signal: AbortSignal;
  /** Ends it early, with what there is. */
  readonly early?: AbortSignal;
  /** Called now and then, with 0 to 100. */
  readonly onProgress?: (percent: number) => void;
}

/** A connection that has just been made may wait so long for its subscription; milliseconds. */
const openMs = 2000;
const stepMs = 1000;

/** The route of a deployment that brings messages here. */
export const routeFor = (moduleId: string) =>
  `FROM /messages/* INTO BrokeredEndpoint("/modules/${moduleId}/inputs/tap")`;

type Own = Pick<Services, 'taps' | 'redactor' | 'now' | 'env'>;

/** SupportError unavailable, with the reason, while no messages can come. */
export async function assertListening({ taps }: Pick<Services, 'taps'>, signal: AbortSignal): Promise<void> {
  for (const end = performance.now() + openMs; !taps.state().open && performance.now() < end; ) await sleep(50, signal);
  const state = taps.state();
  if (!state.open) throw new SupportError('unavailable', `No messages can be captured: ${state.why}.`);
}

/**
 * Listens for so many seconds, also over the loss and return of the connection. Rejects with a SupportError when no
 * messages can come at its begin, when too many listen, or when the filter's pattern is too slow.
 */
export async function capture(ask: CaptureAsk, own: Own, end: CaptureEnd): Promise<Capture> {
  const { taps, now } = own;
  const { signal } = end;
  await assertListening(own, signal);
  const startedAt = now().toISOString();
  const listening = createListening(taps.state(), now);
  const sources = createSources();
  const sample = createSample<ShownMessage>(ask.max);
  const look = { redactor: own.redactor, scope: ask.scope, bodyBytes: ask.bodyBytes };
  let heard = 0;

  const take = (message: InputMessage) => {
    const properties = readProperties(message.bag);
    const source = sourceOf(message, properties);
    const key = keyOf(source);
    sources.add(source, message.body.length);
    if (sample.wants(key)) sample.add(key, showMessage(message, properties, now(), look));
  };
  const { pattern } = ask;
  const textsOf = (messages: readonly InputMessage[]) => matchedTexts(messages, look);
  const filter = pattern && createMessageFilter({ pattern, textsOf, take, signal });
  let missed = 0;
  const close = taps.open({
    onInput(message) {
      heard += 1;
      if (filter) filter.offer(message);
      else take(message);
    },
    onInputs: listening.onInputs,
  });
  try {
    const waiting = wait(ask.seconds * 1000, end);
    await (filter ? Promise.race([waiting, filter.failed]) : waiting);
    close();
    missed = (await filter?.settle()) ?? 0;
  } finally {
    close();
    await filter?.close();
  }

  const seconds = listening.seconds();
  const { messages, bytes } = sources.total();
  const others = sources.others();
  const partial = [
    ...listening.gaps(),
    ...(end.early?.aborted ? [`It was ended early: ${(end.early.reason as Error).message}`] : []),
  ];
  return {
    startedAt,
    seconds,
    messages,
    bytes,
    perSecond: rate(messages, seconds),
    ...(filter ? { filteredOut: heard - messages - missed } : {}),
    ...(missed > 0 ? { notLookedAt: missed } : {}),
    sources: sources.list(seconds),
    ...(others ? { otherSources: others } : {}),
    sample: sample.all(),
    ...(partial.length > 0 ? { partial } : {}),
    ...(heard === 0 ? { note: nothingCame(own.env.moduleId) } : {}),
  };
}

async function wait(ms: number, { signal, early, onProgress }: CaptureEnd): Promise<void> {
  const stop = early ? AbortSignal.any([signal, early]) : signal;
  const started = performance.now();
  try {
    for (let gone = 0; gone < ms; gone = performance.now() - started) {
      onProgress?.(Math.floor((gone * 100) / ms));
      await sleep(Math.min(stepMs, ms - gone), stop);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!early?.aborted) throw error;
  }
}

const nothingCame = (moduleId: string) =>
  `No message came. This module is connected by way of edgeHub and listens, so that either nobody sent one, or no route leads here; one that does, among the routes of $edgeHub in the deployment, is ${routeFor(moduleId)} (docs/messages.md).`;
