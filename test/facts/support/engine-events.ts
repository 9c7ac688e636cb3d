import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';

/** What of an event of `GET /events` tests look at. */
interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

/** Notes what an engine does from now on, until it is disposed of. */
export async function watchEngine(docker: Dockerode): Promise<AsyncDisposable & { readonly seen: EngineEvent[] }> {
  const seen: EngineEvent[] = [];
  const stream = (await docker.getEvents()) as Readable;
  stream.on('error', () => undefined);
  createInterface({ input: stream }).on('line', (line) => void seen.push(JSON.parse(line) as EngineEvent));
  return { seen, [Symbol.asyncDispose]: async () => void stream.destroy() };
}
