import type { EngineEvent } from './docker.ts';

/** What of an event of `GET /events` is looked at; its attributes hold the container's labels too, which may be secret. */
interface RawEvent {
  readonly Action?: unknown;
  readonly timeNano?: unknown;
  readonly time?: unknown;
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, unknown>> };
}

/** The events in the body of `GET /events`: one JSON object after the other, a line each. A cut one is left out. */
export function readEvents(body: string): readonly EngineEvent[] {
  return body.split('\n').flatMap((line) => {
    const event = parse(line);
    const { name, exitCode } = event?.Actor?.Attributes ?? {};
    if (typeof event?.Action !== 'string' || typeof name !== 'string') return [];
    const code = Number.parseInt(String(exitCode), 10);
    return [
      {
        name,
        action: event.Action,
        at: Math.round(Number(event.timeNano ?? Number(event.time) * 1e9) / 1e6),
        ...(Number.isNaN(code) ? {} : { exitCode: code }),
      },
    ];
  });
}

function parse(line: string): RawEvent | undefined {
  try {
    return JSON.parse(line) as RawEvent;
  } catch {
    return undefined;
  }
}
