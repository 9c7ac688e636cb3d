import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeLoggedContainer } from '../../bench/support/logged-container.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import type { InvokeOptions, MethodAnswer } from '../../sim/service.ts';
import { startTestEdge } from './local-edge.ts';
import { type Task, type TaskAnswer, taskOf } from './task.ts';
import { unzip } from './unzip.ts';

type ModuleOptions = Parameters<LocalEdge['startModule']>[0];
type Started = Awaited<ReturnType<LocalEdge['startModule']>>;

/** A bundle as it was found in Blob Storage. */
export interface Bundle {
  readonly files: ReadonlyMap<string, Buffer>;
  /** Files of the manifest that are not whole, as `name: status`. */
  readonly incomplete: readonly string[];
}

/** A local IoT Edge with a module that talks a lot, and our module on it, as faults strike it and an operator sees it. */
export interface Device {
  readonly edge: LocalEdge;
  /** A folder for the test's own things. */
  readonly dir: string;
  /** The data folder of the module that was started last. */
  readonly dataDir: string;
  /** Starts our module, as a process with a new data folder unless the options say otherwise. */
  start(options?: Partial<ModuleOptions>): Promise<Started>;
  /** Starts it again as it was started last, with the same data folder. */
  startAgain(): Promise<Started>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Ends our module (a container is removed, its volume stays) and takes all faults back. */
  stop(): Promise<void>;
  invoke(method: string, payload?: unknown, options?: InvokeOptions): Promise<MethodAnswer>;
  /** UploadSupportBundle; `sasUrl` is a good one unless the request says otherwise, `undefined` leaves it out. */
  upload(request?: Readonly<Record<string, unknown>>): Promise<Task>;
  /** The blob of a task's only result: the only blob there is since its upload began, and what the result says it is. */
  onlyBlob(answer: TaskAnswer): Promise<Buffer>;
  /** The blobs that have come since the last upload began. */
  newBlobs(): Promise<string[]>;
  /** Reads a bundle. Fails when it is not a whole zip or its manifest disagrees with its files. */
  bundle(archive: Buffer): Promise<Bundle>;
  /** `onlyBlob`, which is a bundle to which nothing is missing. */
  onlyWholeBundle(answer: TaskAnswer): Promise<Bundle>;
  /** Names of the files that lie in the spool. */
  spooled(): Promise<string[]>;
  /** Stops everything. */
  end(): Promise<void>;
}

export const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** The container whose log makes the bundle large. */
export const talker = 'talker';

/** Starts a device; 60,000 lines (the default) of its talker's log make a bundle of some 4.3 MB, five blocks. */
export async function startDevice({ lines = 60_000 } = {}): Promise<Device> {
  const dir = await mkdtemp(join(tmpdir(), 'reliability-'));
  const edge = await startTestEdge().catch(async (error: unknown) => {
    await rm(dir, { recursive: true, force: true });
    throw error;
  });
  const logBytes = await makeLoggedContainer(edge.engine, { name: talker, kind: 'dense', lines, dir, owned: true });
  let last: { readonly options: ModuleOptions; readonly module: Started } | undefined;
  let blobsBefore: ReadonlySet<string> = new Set();

  const run = async (options: ModuleOptions) => {
    const module = await edge.startModule(options);
    last = { options, module };
    return module;
  };
  const running = () => {
    if (last === undefined) throw new Error('No module was started on this device.');
    return last;
  };
  const names = async () => (await edge.blob.list()).map(({ name }) => name);

  const device: Device = {
    edge,
    dir,
    get dataDir() {
      return running().module.dataDir;
    },
    start: async (options = {}) => run({ as: 'process', dataDir: await mkdtemp(join(dir, 'data-')), ...options }),
    startAgain: () => run(running().options),
    kill: () => running().module.kill(),
    stop: async () => {
      await edge.blob.faults.heal();
      await last?.module.stop();
    },
    invoke: edge.invoke,
    upload: async (request = {}) => {
      blobsBefore = new Set(await names());
      const { payload } = await edge.invoke('UploadSupportBundle', {
        schemaVersion: '1.0',
        sasUrl: edge.blob.containerSasUrl(),
        // A process has no image for helper containers, and is not on the modules' network: what takes these is skipped.
        exclude: ['host', 'config', 'metrics', 'system-logs'],
        ...request,
      });
      // A call that is under way when the module is killed is lost: it must not hold up the next for long.
      return taskOf(payload, (method, body) => edge.invoke(method, body, { timeoutSecs: 5 }));
    },
    newBlobs: async () => (await names()).filter((name) => !blobsBefore.has(name)),
    onlyBlob: async (answer) => {
      const blobs = await device.newBlobs();
      const [result] = answer.results ?? [];
      const told = decodeURIComponent(result?.blob ?? '').split('/support/')[1];
      expect({ status: answer.status, blobs }).toEqual({ status: 'Completed', blobs: [told] });
      const archive = await edge.blob.download(told ?? '');
      expect({ bytes: archive.length, sha256: sha256(archive) }).toEqual({
        bytes: result?.bytes,
        sha256: result?.sha256,
      });
      return archive;
    },
    bundle: async (archive) => {
      const files = await unzip(archive);
      const { entries } = JSON.parse(files.get('manifest.json')?.toString() ?? '') as {
        entries: { name: string; status: string; sha256?: string }[];
      };
      const whole = entries.filter(({ status }) => status === 'success');
      expect(whole.map(({ name }) => [name, files.get(name) && sha256(files.get(name) as Buffer)])).toEqual(
        whole.map((entry) => [entry.name, entry.sha256]),
      );
      return {
        files,
        incomplete: entries
          .filter(({ status }) => status !== 'success')
          .map(({ name, status }) => `${name}: ${status}`),
      };
    },
    onlyWholeBundle: async (answer) => {
      const bundle = await device.bundle(await device.onlyBlob(answer));
      const log = bundle.files.get(`logs/${talker}_log.txt`)?.length;
      expect({ incomplete: bundle.incomplete, log }).toEqual({ incomplete: [], log: logBytes });
      return bundle;
    },
    spooled: async () => {
      const spool = join(device.dataDir, 'spool');
      await mkdir(spool, { recursive: true });
      const found = await readdir(spool, { recursive: true, withFileTypes: true });
      return found.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    end: async () => {
      await edge.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return device;
}
