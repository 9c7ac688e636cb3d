import { SupportError } from '../base/errors.ts';
import { record } from '../config/values.ts';
import { encodedLog, type LogFormat, readItems, selectModules } from '../logs/logs.ts';
import { logRequestFields, logSchemaContext } from './log-request.ts';
import { logSource } from './log-source.ts';
import { defineMethod } from './method.ts';

/** edgeAgent's limit: characters when not compressed, compressed bytes before base64 otherwise, over all modules. */
const largestLogs = 127_000;

/** One element of the answer, keys in edgeAgent's order. */
export interface ModuleLogs {
  readonly id: string;
  readonly payloadBytes: string | null;
  readonly payload: string | null;
}

export const getModuleLogs = defineMethod({
  name: 'GetModuleLogs',
  about: "Returns modules' logs in the answer itself, up to 127,000 bytes.",
  schemaContext: logSchemaContext,
  answerScope: 'known',
  request: record(logRequestFields),
  async handle({ request, services, signal }) {
    const selectors = readItems(request.items, services.now());
    const modules = await services.docker.modules(signal);
    const format: LogFormat = { contentType: request.contentType, encoding: request.encoding };
    const answer: ModuleLogs[] = [];
    const size = { total: 0 };
    for (const { module, ask } of selectModules(
      selectors,
      modules.map(({ name }) => name),
    )) {
      const count = { lines: 0, bytes: 0, warnings: [] };
      const parts: Uint8Array[] = [];
      // What is too much is counted, so that the answer can say how much it is, but not kept.
      for await (const part of encodedLog(logSource(services), module, ask, format, count, signal)) {
        size.total += part.length;
        if (size.total <= largestKept) parts.push(part);
      }
      answer.push(moduleLogs(module, format.encoding, Buffer.concat(parts), size));
    }
    if (size.total > largestLogs) throw tooLarge(size.total);
    return answer;
  },
});

/** UTF-8 takes up to 3 bytes for a UTF-16 character: beyond this no answer can fit. */
const largestKept = 3 * largestLogs;

function moduleLogs(id: string, encoding: LogFormat['encoding'], content: Buffer, size: { total: number }): ModuleLogs {
  if (encoding === 'gzip') return { id, payloadBytes: content.toString('base64'), payload: null };
  const payload = content.toString('utf8');
  if (size.total <= largestKept) size.total += payload.length - content.length;
  return { id, payloadBytes: null, payload };
}

function tooLarge(bytes: number): SupportError {
  return new SupportError(
    'too-large',
    `The payload is too large for a direct method. GetModuleLogs supports up to ${largestLogs} bytes of logs. ` +
      `The current request returned ${bytes} bytes. ` +
      'Ask for less with filter.tail, filter.since or encoding gzip, or use UploadModuleLogs.',
  );
}
