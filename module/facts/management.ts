import { request } from 'node:http';
import { messageOf } from '../base/errors.ts';
import { within } from '../base/time.ts';
import { type Fact, Unavailable } from './fact.ts';
import { deviceOf, hostPath, hostView } from './host-view.ts';

/** What edged's management API answered on its socket. */
export interface ManagementReading {
  /** The socket's path on the device. */
  readonly path: string;
  /** How many modules `GET /modules` listed; absent when it failed. */
  readonly modules?: number;
  /** Of `GET /systeminfo`: edged's version, and the kernel's name. */
  readonly version?: string;
  readonly osType?: string;
  /** Why `GET /modules` failed. */
  readonly error?: string;
  readonly tookMs: number;
}

/** How long one answer may take, ms, as in the original's diagnostics container. */
const answerLimitMs = 5000;
/** An answer longer than this, in characters, is none. */
const longest = 1 << 20;

export const management: Fact<ManagementReading> = {
  about: "Asking edged's management API",
  from: 'host',
  mounts: ({ managementSocket }) => (managementSocket === undefined ? [] : [managementSocket]),
  async read(world, signal, limitMs) {
    const view = hostView(world);
    const path = deviceOf(view).managementSocket;
    if (path === undefined) {
      throw new Unavailable(
        'unknown',
        "edgeAgent has no socket among its mounts, so the management API's is not known.",
      );
    }
    // That edgeAgent was given a socket which is gone is an answer; a guessed one that never was is none.
    if (view.device && view.missing.includes(path)) return { path, error: 'There is no such socket.', tookMs: 0 };
    const socketPath = hostPath(view, path);
    const started = performance.now();
    const limit = Math.min(answerLimitMs, limitMs * 0.8);
    const get = (what: string) =>
      within(limit, `GET ${what}`, (own) => ask(socketPath, `${what}?api-version=2020-07-07`, own), signal);
    const [modules, info] = await Promise.allSettled([get('/modules'), get('/systeminfo')]);
    signal.throwIfAborted();
    const list = modules.status === 'fulfilled' ? modules.value['modules'] : undefined;
    const text = (key: string) => {
      const value = info.status === 'fulfilled' ? info.value[key] : undefined;
      return typeof value === 'string' ? { [key]: value } : {};
    };
    return {
      path,
      ...(Array.isArray(list) ? { modules: list.length } : { error: whyNot(modules) }),
      ...text('version'),
      ...text('osType'),
      tookMs: Math.round(performance.now() - started),
    };
  },
};

function whyNot(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === 'rejected'
    ? messageOf(outcome.reason)
    : 'Got bad response: there is no list of modules in it';
}

type Fields = Readonly<Record<string, unknown>>;

function ask(socketPath: string, path: string, signal: AbortSignal): Promise<Fields> {
  const { promise, resolve, reject } = Promise.withResolvers<Fields>();
  const call = request({ socketPath, path, agent: false, signal, headers: { host: 'mgmt.sock' } }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('error', reject);
    response.on('data', (part: string) => {
      text += part;
      if (text.length > longest) response.destroy(new Error('Got bad response: it is longer than 1 MB'));
    });
    response.on('end', () => {
      const fields = response.statusCode === 200 ? readObject(text) : undefined;
      if (fields) resolve(fields);
      else reject(new Error(`Got bad response: status ${response.statusCode}, expected 200 and a JSON object`));
    });
  });
  call.on('error', reject);
  call.end();
  return promise;
}

function readObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
