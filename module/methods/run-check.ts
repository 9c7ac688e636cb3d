import { runChecks } from '../checks/index.ts';
import { flag, integer, list, optional, record, text } from '../config/values.ts';
import { toCheckJson } from '../report/result.ts';
import { defineMethod } from './method.ts';

export const runCheck = defineMethod({
  name: 'RunCheck',
  about: 'Runs the checks of `iotedge check` and answers in the shape of its JSON output.',
  payloadOptional: true,
  request: record({
    checks: optional(list(text())),
    dontRun: optional(list(text())),
    warningsAsErrors: optional(flag()),
    timeoutSecs: optional(integer(1, 280)),
  }),
  async handle({ request, services: { world, settings }, signal }) {
    const { methodTimeoutSecs } = settings();
    // The answer must leave before the method's own limit ends the call.
    const timeoutSecs = Math.max(1, Math.min(request.timeoutSecs ?? methodTimeoutSecs, methodTimeoutSecs) - 1);
    const { checks, dontRun, warningsAsErrors = false } = request;
    const run = await runChecks({
      world: world(),
      select: { ...(checks ? { checks } : {}), ...(dontRun ? { dontRun } : {}) },
      warningsAsErrors,
      timeoutSecs,
      signal,
    });
    return toCheckJson(run);
  },
  task: { operation: 'run check' },
});
