import type { LocalEdge } from '../../sim/edge.ts';
import { type TaskAnswer, taskOf } from '../support/task.ts';

/** What came of a call, its task included when it started one. */
export interface Came {
  readonly status: number;
  readonly payload: unknown;
  readonly task?: TaskAnswer;
}

export interface Device {
  readonly edge: LocalEdge;
  /** Of a task whose archive is kept on the device. */
  readonly kept: string;
}

/** A payload; a later one of the same method may need what the one before it was answered. */
type Payload = (device: Device, before: Came | undefined) => object;

const plain =
  (payload: object): Payload =>
  () =>
    payload;
const confirmed =
  (more: object = {}): Payload =>
  (_, before) => ({ confirm: (before?.payload as { readonly confirm?: string })?.confirm ?? 'none', ...more });
const sasUrl = ({ edge }: Device) => edge.blob.containerSasUrl();

/** Calls of every method that have it ask the engine for everything that it ever asks for. */
export const calls: Readonly<Record<string, readonly Payload[]>> = {
  Ping: [plain({})],
  RunCheck: [plain({})],
  ListChecks: [plain({})],
  ListModules: [plain({})],
  GetSystemStatus: [plain({})],
  GetSystemLogs: [plain({ units: ['aziot-edged'] })],
  GetMetrics: [plain({ ids: ['edgeHub'] })],
  CaptureMessages: [plain({ seconds: 1 })],
  GetModuleLogs: [plain({ schemaVersion: '1.0', items: { id: 'edgeAgent', filter: { tail: 20 } } })],
  UploadModuleLogs: [(device) => ({ schemaVersion: '1.0', sasUrl: sasUrl(device), items: { id: 'edgeAgent' } })],
  UploadSupportBundle: [(device) => ({ sasUrl: sasUrl(device), exclude: ['metrics'] })],
  GetTaskStatus: [({ kept }) => ({ schemaVersion: '1.0', correlationId: kept })],
  ListTasks: [plain({ status: 'Running' })],
  CancelTask: [({ kept }) => ({ correlationId: kept })],
  ResumeTask: [({ kept }) => ({ correlationId: kept })],
  DownloadArchive: [({ kept }) => ({ correlationId: kept })],
  RestartModule: [plain({ schemaVersion: '1.0', id: 'SimulatedTemperatureSensor' })],
  RestartRuntime: [plain({})],
  CleanModuleLogs: [
    plain({}),
    plain({ id: 'crasher', confirm: true }),
    plain({ id: 'ttyModule', confirm: true, remove: true, timeoutSecs: 30 }),
  ],
  PruneEngine: [plain({ volumes: ['spare'], cache: false }), confirmed()],
  RecreateModules: [plain({}), confirmed({ bundleFirst: false, acceptMessageLoss: true, timeoutSecs: 60 })],
  SetLogLevel: [plain({ level: 'info' })],
  SystemRestart: [plain({})],
  SystemStop: [plain({})],
  SystemSetLogLevel: [plain({})],
  ConfigApply: [plain({})],
  Describe: [plain({})],
};

/** Makes a method's calls, one after the other, and waits for the tasks that they start. */
export async function callAll(device: Device, method: string): Promise<readonly Came[]> {
  const came: Came[] = [];
  for (const payload of calls[method] ?? []) {
    const { status, payload: answer } = await device.edge.invoke(method, payload(device, came.at(-1)), {
      timeoutSecs: 60,
    });
    const running = (answer as Partial<TaskAnswer> | null)?.status === 'Running';
    const task = running ? await taskOf(answer, (name, body) => device.edge.invoke(name, body)).finished() : undefined;
    came.push({ status, payload: answer, ...(task ? { task } : {}) });
  }
  return came;
}
