import { sections } from '../checks/check.ts';
import { runChecks } from '../checks/index.ts';
import { choice, flag, integer, list, optional, record, text } from '../config/values.ts';
import type { Targets } from '../facts/fact.ts';
import { toCheckJson } from '../report/result.ts';
import { toCheckText } from '../report/text.ts';
import { defineMethod } from './method.ts';

export const runCheck = defineMethod({
  name: 'RunCheck',
  about: 'Runs the checks of `iotedge check` and answers in the shape of its JSON output.',
  payloadOptional: true,
  request: record({
    checks: optional(list(text())),
    dontRun: optional(list(text())),
    sections: optional(list(choice(...sections))),
    warningsAsErrors: optional(flag()),
    iothubHostname: optional(text()),
    ntpServer: optional(text()),
    expectedVersions: optional(record({ 'aziot-edge': optional(text()), 'aziot-identity-service': optional(text()) })),
    timeoutSecs: optional(integer(1, 280)),
    output: optional(choice('json', 'text')),
  }),
  async handle({ request, services: { world, settings }, signal }) {
    const { methodTimeoutSecs } = settings();
    // The answer must leave before the method's own limit ends the call.
    const timeoutSecs = Math.max(1, Math.min(request.timeoutSecs ?? methodTimeoutSecs, methodTimeoutSecs) - 1);
    const { checks, dontRun, warningsAsErrors = false, expectedVersions, output = 'json' } = request;
    const run = await runChecks({
      world: world(targetsOf(request)),
      select: {
        ...(checks ? { checks } : {}),
        ...(dontRun ? { dontRun } : {}),
        ...(request.sections ? { sections: request.sections } : {}),
      },
      warningsAsErrors,
      timeoutSecs,
      options: { expectedVersions: withoutUndefined(expectedVersions ?? {}) },
      signal,
    });
    return output === 'text' ? { text: toCheckText(run) } : toCheckJson(run);
  },
  task: { operation: 'run check' },
});

function targetsOf(request: {
  readonly iothubHostname?: string | undefined;
  readonly ntpServer?: string | undefined;
}): Partial<Targets> {
  const { iothubHostname, ntpServer } = request;
  return withoutUndefined({ iothubHostname, ntpServer });
}

function withoutUndefined<T extends object>(value: T): { readonly [K in keyof T]?: NonNullable<T[K]> } {
  const given = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(given) as { readonly [K in keyof T]?: NonNullable<T[K]> };
}
