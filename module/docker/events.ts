import type { EngineEvent, FollowedEvent } from './docker.ts';

/** What of an event of `GET /events` is looked at; its attributes hold the container's labels too, which may be secret. */
interface RawEvent {
  readonly Action?: unknown;
  readonly timeNano?: unknown;
  readonly time?: unknown;
  readonly Actor?: { readonly ID?: unknown; readonly Attributes?: Readonly<Record<string, unknown>> };
}

/** The events that tell of failures and of orders. The engine takes `health_status` for all that begin so. */
export const followedActions = ['start', 'kill', 'stop', 'die', 'oom', 'destroy', 'health_status'];

/** edgeAgent's label (edgelet-docker and Agent.Docker, `Constants.Labels`). */
const restartPolicyLabel = 'net.azure-devices.edge.restartPolicy';

/** The events in the body of `GET /events`: one JSON object after the other, a line each. A cut one is left out. */
export function readEvents(body: string): readonly EngineEvent[] {
  return body.split('\n').flatMap((line) => eventOf(parse(line)) ?? []);
}

/** A line holds the labels of a container, with its create options; one that is longer is left out. */
const longestLine = 1 << 20;

/** The same of a body that goes on, as it comes, in bounded memory. */
export async function* readFollowed(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly FollowedEvent[]> {
  const decoder = new TextDecoder();
  let rest = '';
  let tooLong = false;
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    // What is left of a line whose beginning was thrown away is none.
    if (tooLong && lines.length > 0) {
      lines.shift();
      tooLong = false;
    }
    if (rest.length > longestLine) {
      rest = '';
      tooLong = true;
    }
    const events = lines.flatMap((line) => followedOf(parse(line)) ?? []);
    if (events.length > 0) yield events;
  }
}

function eventOf(raw: RawEvent | undefined): EngineEvent | undefined {
  const { name, exitCode } = raw?.Actor?.Attributes ?? {};
  if (typeof raw?.Action !== 'string' || typeof name !== 'string') return undefined;
  const code = Number.parseInt(String(exitCode), 10);
  return {
    name,
    action: raw.Action,
    at: Math.round(Number(raw.timeNano ?? Number(raw.time) * 1e9) / 1e6),
    ...(Number.isNaN(code) ? {} : { exitCode: code }),
  };
}

function followedOf(raw: RawEvent | undefined): FollowedEvent | undefined {
  const event = eventOf(raw);
  const { ID: containerId, Attributes = {} } = raw?.Actor ?? {};
  if (!event || typeof containerId !== 'string') return undefined;
  const signal = Number.parseInt(String(Attributes['signal']), 10);
  const restartPolicy = Attributes[restartPolicyLabel];
  return {
    ...event,
    containerId,
    ...(event.action !== 'kill' || Number.isNaN(signal) ? {} : { signal }),
    ...(typeof restartPolicy === 'string' ? { restartPolicy } : {}),
  };
}

function parse(line: string): RawEvent | undefined {
  try {
    return JSON.parse(line) as RawEvent;
  } catch {
    return undefined;
  }
}
