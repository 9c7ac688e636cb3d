import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../../../sim/child.ts';
import { createService, type MethodAnswer } from '../../../sim/service.ts';
import { waitFor } from '../../../sim/wait.ts';
import { DEVICE, MODULE, type TestHub } from '../../sim/support/hub.ts';

/** The whole module as a process without an engine, connected to a hub, as an operator's back end calls it. */
export interface HubModule {
  invoke(method: string, payload?: unknown): Promise<MethodAnswer>;
  stop(): Promise<void>;
}

/** Starts it with these settings beside IoT Edge's own variables; it answers when the promise resolves. */
export async function startHubModule(local: TestHub, settings: Record<string, string> = {}): Promise<HubModule> {
  const dir = await mkdtemp(join(tmpdir(), 'hub-module-'));
  const root = join(dir, 'root.pem');
  await writeFile(root, local.hub.rootCertificate);
  const child = await startChild({
    name: 'the module',
    command: process.execPath,
    args: ['module/main.ts'],
    cwd: join(import.meta.dirname, '../../..'),
    env: {
      PATH: process.env.PATH,
      ...local.environment(MODULE),
      EDGE_SUPPORT_DATA: join(dir, 'data'),
      DOCKER_HOST: `unix://${join(dir, 'no-engine.sock')}`,
      NODE_EXTRA_CA_CERTS: root,
      ...settings,
    },
    logFile: join(dir, 'module.log'),
  });
  const service = createService({
    connectionString: local.hub.serviceConnectionString,
    rootCertificate: local.hub.rootCertificate,
    deviceId: DEVICE,
    at: local.hub.operators,
  });
  const invoke: HubModule['invoke'] = (method, payload = {}) => service.invoke(MODULE, method, payload);
  const answers = async () => {
    const answer = await invoke('Ping').catch(() => undefined);
    return answer?.status === 200 ? true : undefined;
  };
  try {
    await waitFor('the module to answer', answers, { limitMs: 15_000, everyMs: 50 });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await child.lastLines()}`, { cause: error });
  }
  return {
    invoke,
    async stop() {
      service.close();
      await child.stop(10_000);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
