import * as z from 'zod/mini';
import { integer, optional, record, text, withDefault } from '../config/values.ts';
import { compilePattern } from '../logs/pattern.ts';
import { stricter } from '../redact/redact.ts';
import { blobHeaders } from '../storage/names.ts';
import { assertListening, type CaptureAsk, capture } from './messages/capture.ts';
import { fitCapture } from './messages/fit-capture.ts';
import { defineMethod, type Services } from './method.ts';
import { storedResult, uploadFields } from './upload.ts';

/** The sample is held in memory: all bodies of it together may be shown so far. */
const mostShown = 2_000_000;

const requestSchema = record({
  seconds: withDefault(integer(1, 300), 10),
  max: withDefault(integer(0, 200), 20),
  filter: optional(text()),
  bodyBytes: withDefault(integer(0, 262_144), 1024),
  ...uploadFields,
}).check(
  z.refine(({ max, bodyBytes }) => max * bodyBytes <= mostShown, {
    path: ['bodyBytes'],
    error: `times max must be at most ${mostShown}`,
  }),
);
type Request = Omit<z.infer<typeof requestSchema>, 'sasUrl'>;

export const captureMessages = defineMethod({
  name: 'CaptureMessages',
  about:
    'Listens to the messages that a route of edgeHub brings to this module: counts, sizes and rates of each source, and a redacted sample (docs/messages.md).',
  payloadOptional: true,
  request: requestSchema,
  example: { seconds: 10, max: 20, filter: 'temperatureAlert=true' },
  async handle({ request: { sasUrl, ...request }, services, signal, repeat, task }) {
    const ask = readAsk(request, services);
    if (sasUrl === undefined) {
      const onProgress = (percent: number) => task?.progress({ step: 'listening', percent });
      return fitCapture(await capture(ask, services, { signal, onProgress }));
    }
    services.storage.check(sasUrl);
    await assertListening(services, signal);
    const timeoutSecs = request.timeoutSecs ?? services.settings().taskTimeoutSecs;
    return services.tasks.start({ method: 'CaptureMessages', request, sasUrl, timeoutSecs, ...repeat });
  },
  task: {
    operation: 'capture messages',
    looks: true,
    async work({ request, services, task }) {
      const { storage, nameBlob, redactor } = services;
      const ask = readAsk(request, services);
      let messages: number | undefined;
      async function* file(early: AbortSignal) {
        task.progress({ step: 'listening' });
        const onProgress = (percent: number) => task.progress({ percent });
        const heard = await capture(ask, services, { signal: task.signal, early, onProgress });
        messages = heard.messages;
        yield Buffer.from(`${JSON.stringify(heard, null, 2)}\n`);
      }
      const stored = await storage.deliver(
        {
          taskId: task.id,
          key: 'messages',
          headers: blobHeaders({ contentType: 'json', encoding: 'none' }),
          name: () => nameBlob('messages', 'json'),
          open: (deadline) => redactor.stream(file(deadline), ask.scope),
          about: () => ({ messages }),
        },
        task,
      );
      task.result(storedResult(stored));
    },
  },
});

/** SupportError bad-request for a filter that is no pattern. Bodies are foreign data: all that looks like a secret goes. */
function readAsk({ seconds, max, bodyBytes, filter }: Request, { settings, policy }: Services): CaptureAsk {
  const owners = stricter(settings().bundleRedaction, policy().minimumRedaction);
  return {
    seconds,
    max,
    bodyBytes,
    pattern: filter === undefined || filter === '' ? undefined : compilePattern(filter, 'filter', 'im'),
    scope: stricter('all', owners),
  };
}
