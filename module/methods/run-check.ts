import * as z from 'zod/mini';
import { assertSelection, runChecks } from '../checks/index.ts';
import type { CheckRun } from '../checks/run.ts';
import {
  choice,
  flag,
  formed,
  list,
  optional,
  optionalUnlessBlank,
  record,
  text,
  withDefault,
} from '../config/values.ts';
import type { Targets } from '../facts/fact.ts';
import { render, storeReport, storeWhole } from './check-answer.ts';
import { defineMethod, type Services } from './method.ts';
import { uploadFields } from './upload.ts';

const hostName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i;
const server = /^(?:\[[0-9a-f:]+\]|[a-z0-9][a-z0-9.-]{0,252})(?::\d{1,5})?$/i;
const version = formed(/^\d+(?:\.\d+){1,3}(?:[-~+][\w.~+-]+)?$/, 'a version such as 1.5.21');

/** The longest that a call may be asked to take: IoT Hub waits no longer than 300 s. */
const longestCallSecs = 280;

/** Nobody waits for what runs in the background: a slow network gets more time for each reading. */
const patientFactSecs = 60;

const requestSchema = record({
  checks: optional(list(text())),
  dontRun: optional(list(text())),
  sections: optional(list(text())),
  warningsAsErrors: optional(flag()),
  iothubHostname: optional(formed(hostName, 'a host name such as hub.azure-devices.net')),
  ntpServer: optional(formed(server, 'a server such as pool.ntp.org or 192.0.2.1:123')),
  expectedVersions: optional(record({ 'aziot-edge': optional(version), 'aziot-identity-service': optional(version) })),
  output: withDefault(choice('json', 'text'), 'json'),
  background: optionalUnlessBlank(flag()),
  ...uploadFields,
}).check(
  z.refine(({ background, timeoutSecs = 1 }) => background || timeoutSecs <= longestCallSecs, {
    path: ['timeoutSecs'],
    error: `must be at most ${longestCallSecs}, or background must be true`,
  }),
);
type Request = Omit<z.infer<typeof requestSchema>, 'sasUrl'>;

export const runCheck = defineMethod({
  name: 'RunCheck',
  about: 'Runs the checks of `iotedge check` and answers in the shape of its JSON output.',
  payloadOptional: true,
  request: requestSchema,
  example: { sections: ['Connectivity checks'], output: 'text' },
  async handle({ request: { sasUrl, ...request }, services, signal, repeat }) {
    const { settings, storage, tasks } = services;
    // What is wrong with the request is told before anything is run.
    assertSelection(request);
    if (sasUrl !== undefined || request.background) storage.check(sasUrl);
    if (request.background) {
      const timeoutSecs = request.timeoutSecs ?? settings().taskTimeoutSecs;
      return tasks.start({ method: 'RunCheck', request, sasUrl, timeoutSecs, ...repeat });
    }
    const { methodTimeoutSecs } = settings();
    const limitSecs = Math.min(request.timeoutSecs ?? methodTimeoutSecs, methodTimeoutSecs);
    // Keeping a SAS for a restart may take its time.
    const run = await runFor(request, services, signal, limitSecs - (sasUrl === undefined ? 1 : 2));
    const rendered = render(run, request.output, services);
    if (!rendered.answer.truncated && sasUrl === undefined) return rendered.answer;
    const whole = await storeWhole(services, rendered, { output: request.output, sasUrl, request });
    return { ...rendered.answer, whole };
  },
  task: {
    operation: 'run check',
    looks: true,
    lane: { name: 'check', places: 2 },
    async work({ request, services, task }) {
      const { output, timeoutSecs = services.settings().taskTimeoutSecs } = request;
      await storeReport(services, task, output, async () => {
        task.progress({ step: 'running the checks' });
        const run = await runFor(request, services, task.signal, timeoutSecs - 1, patientFactSecs);
        return render(run, output, services);
      });
    },
  },
});

/** Runs what is asked for, in so many seconds, or in half of a second at least. */
async function runFor(
  request: Request,
  { world, metrics }: Pick<Services, 'world' | 'metrics'>,
  signal: AbortSignal,
  limitSecs: number,
  factSecs?: number,
): Promise<CheckRun> {
  const { warningsAsErrors = false, expectedVersions = {} } = request;
  const timeoutSecs = Math.max(0.5, limitSecs);
  const run = await runChecks({
    world: world(targetsOf(request)),
    select: request,
    warningsAsErrors,
    timeoutSecs,
    ...(factSecs === undefined ? {} : { factLimitSecs: Math.min(factSecs, timeoutSecs / 2) }),
    options: { expectedVersions: withoutUndefined(expectedVersions) },
    signal,
  });
  metrics.checked(run.results);
  return run;
}

function targetsOf({ iothubHostname, ntpServer }: Request): Partial<Targets> {
  return withoutUndefined({ iothubHostname, ntpServer });
}

function withoutUndefined<T extends object>(value: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  const given = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(given) as { readonly [K in keyof T]?: NonNullable<T[K]> };
}
