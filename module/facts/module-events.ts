import type { EngineEvent } from '../docker/docker.ts';
import type { Fact } from './fact.ts';

/** What happened to IoT Edge's containers of late, as far as the engine remembers: its last 256 events of every kind. */
export interface ModuleEventsReading {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Those that tell of ends and starts, oldest first. */
  readonly events: readonly EngineEvent[];
}

const windowMs = 24 * 3_600_000;
const telling = new Set(['start', 'die', 'oom', 'kill', 'stop']);

export const moduleEvents: Fact<ModuleEventsReading> = {
  about: "Asking the engine what happened to IoT Edge's containers",
  async read({ docker, now }, signal) {
    const until = now().getTime();
    const since = until - windowMs;
    const events = await docker.events(since, until, signal);
    return { since, events: events.filter(({ action }) => telling.has(action)) };
  },
};
