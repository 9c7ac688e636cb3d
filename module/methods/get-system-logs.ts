import { messageOf, SupportError } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import { integer, list, optional, optionalUnlessBlank, record, text } from '../config/values.ts';
import { parseTime } from '../logs/logs.ts';
import { stricter } from '../redact/redact.ts';
import { blobHeaders } from '../storage/names.ts';
import { fitLines } from './fit-text.ts';
import { defineMethod } from './method.ts';
import { checkUnits, endOfJournal, unitJournal, type Window } from './system-log.ts';
import { storedResult, uploadFields } from './upload.ts';

/** What the texts of an answer may have together; IoT Hub carries 128 KB of JSON. */
const answerBytes = 100_000;
/** So many lines of each unit are answered, and so many uploaded, unless told otherwise. */
const answeredLines = 200;
const uploadedLines = 200_000;
/** Helper containers at a time. */
const atATime = 2;

const services = ['aziot-edged', 'aziot-identityd', 'aziot-keyd', 'aziot-certd', 'aziot-tpmd'];

/** Each once: two of one name would be written into one archive. */
const unitsOf = (asked: readonly string[] = services) => [...new Set(asked)];

export const getSystemLogs = defineMethod({
  name: 'GetSystemLogs',
  about:
    "Returns the journal of IoT Edge's daemons, as `iotedge system logs` does, or of the engine or the kernel; with sasUrl it is uploaded.",
  payloadOptional: true,
  request: record({
    units: optional(list(text())),
    since: optional(text()),
    until: optional(text()),
    tail: optionalUnlessBlank(integer(1, 1_000_000)),
    ...uploadFields,
  }),
  example: { units: ['aziot-edged'], since: '2h' },
  async handle({ request: { sasUrl, ...request }, services: own, signal, repeat }) {
    const units = unitsOf(request.units);
    checkUnits(units);
    const window = windowOf(request, own.now());
    if (sasUrl !== undefined) {
      own.storage.check(sasUrl);
      const timeoutSecs = request.timeoutSecs ?? own.settings().taskTimeoutSecs;
      return own.tasks.start({ method: 'GetSystemLogs', request, sasUrl, timeoutSecs, ...repeat });
    }
    const share = Math.floor(answerBytes / units.length);
    const logs: Record<string, object> = {};
    const failed: string[] = [];
    await inParallel(atATime, units, async (unit) => {
      try {
        const journal = unitJournal(own, unit, { lines: answeredLines, ...window }, signal);
        const end = await endOfJournal(journal, share);
        const fitted = fitLines(end.text, share, 'last');
        const cut = end.cut || fitted.cut;
        logs[unit] = {
          text: fitted.text,
          ...(cut ? { cut: 'Only the newest lines fit the answer; give sasUrl for all.' } : {}),
        };
      } catch (error) {
        signal.throwIfAborted();
        failed.push(unit);
        logs[unit] = { error: messageOf(error) };
        if (error instanceof SupportError && failed.length === units.length) throw error;
      }
    });
    return { logs: Object.fromEntries(units.map((unit) => [unit, logs[unit]])) };
  },
  task: {
    operation: 'upload system logs',
    lane: { name: 'logs', places: 2 },
    async work({ request, services: own, task }) {
      const { storage, nameBlob, redactor, settings, policy } = own;
      const window = windowOf(request, task.startedAt);
      const scope = stricter(settings().logUploadRedaction, policy().minimumRedaction);
      const failed: string[] = [];
      await inParallel(atATime, unitsOf(request.units), async (unit) => {
        try {
          task.progress({ step: `reading the journal of ${unit}` });
          const stored = await storage.deliver(
            {
              taskId: task.id,
              key: unit,
              headers: blobHeaders({ contentType: 'text', encoding: 'none' }),
              name: () => nameBlob(unit, 'log'),
              open: (deadline) => {
                const signal = AbortSignal.any([task.signal, deadline]);
                return redactor.stream(unitJournal(own, unit, { lines: uploadedLines, ...window }, signal), scope);
              },
              about: () => ({}),
            },
            task,
          );
          task.result({ unit, ...storedResult(stored) });
        } catch (error) {
          task.signal.throwIfAborted();
          const problem = redactor.text(messageOf(error));
          failed.push(`${unit}: ${problem}`);
          task.result({ unit, error: problem });
        }
      });
      if (failed.length > 0) throw new SupportError('unavailable', failed.join('; '));
    },
  },
});

function windowOf(
  {
    since,
    until,
    tail,
  }: { readonly since?: string | undefined; readonly until?: string | undefined; readonly tail?: number | undefined },
  now: Date,
): Window {
  return {
    ...(since === undefined ? {} : { since: parseTime(since, 'since', now) }),
    ...(until === undefined ? {} : { until: parseTime(until, 'until', now) }),
    ...(tail === undefined ? {} : { lines: tail }),
  };
}
