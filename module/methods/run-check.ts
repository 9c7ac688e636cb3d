import { sections } from '../checks/check.ts';
import { runChecks } from '../checks/index.ts';
import { choice, flag, formed, integer, list, optional, record, text } from '../config/values.ts';
import type { Targets } from '../facts/fact.ts';
import { toCheckJson } from '../report/result.ts';
import { toCheckText } from '../report/text.ts';
import { defineMethod } from './method.ts';

const hostName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i;
const server = /^(?:\[[0-9a-f:]+\]|[a-z0-9][a-z0-9.-]{0,252})(?::\d{1,5})?$/i;
const version = formed(/^\d+(?:\.\d+){1,3}(?:[-~+][\w.~+-]+)?$/, 'a version such as 1.5.21');

export const runCheck = defineMethod({
  name: 'RunCheck',
  about: 'Runs the checks of `iotedge check` and answers in the shape of its JSON output.',
  payloadOptional: true,
  request: record({
    checks: optional(list(text())),
    dontRun: optional(list(text())),
    sections: optional(list(choice(...sections))),
    warningsAsErrors: optional(flag()),
    iothubHostname: optional(formed(hostName, 'a host name such as hub.azure-devices.net')),
    ntpServer: optional(formed(server, 'a server such as pool.ntp.org or 192.0.2.1:123')),
    expectedVersions: optional(
      record({ 'aziot-edge': optional(version), 'aziot-identity-service': optional(version) }),
    ),
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
