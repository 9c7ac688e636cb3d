import type { RequestOptions } from 'node:http';
import { messageOf, SupportError } from '../base/errors.ts';
import { exchange } from '../base/exchange.ts';
import { inParallel } from '../base/parallel.ts';
import { within } from '../base/time.ts';
import { choice, formed, integer, list, optional, record, text, withDefault } from '../config/values.ts';
import { parseMetrics } from '../facts/prometheus.ts';
import { compilePattern, matchNames } from '../logs/pattern.ts';
import { fitLines } from './fit-text.ts';
import { defineMethod } from './method.ts';

/** IoT Edge's own, at the port and path at which they have them. */
const usual = ['edgeHub', 'edgeAgent'];
const usualPort = 9600;
const usualPath = '/metrics';

/** What the texts of an answer may have together; IoT Hub carries 128 KB of JSON. */
const mostBytes = 100_000;
/** A page costs some six times its size while its lines are looked at, and the module has 128 MB; edgeHub's has some 100 KB. */
const mostMegabytes = 4;
const atATime = 2;
const oneMs = 8000;

export const getMetrics = defineMethod({
  name: 'GetMetrics',
  about:
    'Returns metrics of edgeHub, edgeAgent, this module or others, as Prometheus text or JSON, those whose names match.',
  payloadOptional: true,
  request: record({
    ids: optional(list(text())),
    port: withDefault(integer(1, 65_535), usualPort),
    path: withDefault(formed(/^\/[\w./-]{0,200}$/, 'a path such as "/metrics"'), usualPath),
    filter: optional(text()),
    output: withDefault(choice('text', 'json'), 'text'),
  }),
  example: { ids: ['edgeHub'], filter: 'queue' },
  async handle({ request: { ids: asked = usual, port, path, filter, output }, services, signal }) {
    const ids = [...new Set(asked)];
    const pattern = filter === undefined ? undefined : compilePattern(filter, 'filter', 'i');
    // Only modules are asked: nobody else's address can be named.
    const names = (await services.docker.modules(signal)).map(({ name }) => name);
    const unknown = ids.find((id) => !names.includes(id));
    if (unknown !== undefined)
      throw new SupportError('not-found', `Module ${unknown} not found in the current environment`);
    // As JSON, names and labels take several times what the text does.
    const share = Math.floor(mostBytes / ids.length / (output === 'json' ? 4 : 1));
    const found: Record<string, object> = {};
    await inParallel(atATime, ids, async (id) => {
      try {
        // Our own need no network, and are there when they are served on another port or on none.
        const isOwn = id === services.env.moduleId && port === usualPort && path === usualPath;
        const get = isOwn ? services.metrics.text : (own: AbortSignal) => fetchPage({ host: id, port, path }, own);
        const all = await within(oneMs, `GET http://${id}:${port}${path}`, get, signal);
        const wanted = pattern
          ? linesOf(all, new Set(matchNames(pattern, namesIn(all), 'the names of the metrics')))
          : all;
        const { text: kept, cut } = fitLines(wanted, share, 'first');
        const note = cut ? { cut: 'Not all of it fits the answer; give a filter.' } : {};
        found[id] = output === 'json' ? { metrics: parseMetrics(kept), ...note } : { text: kept, ...note };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof SupportError && error.code === 'bad-request') throw error;
        found[id] = { error: `http://${id}:${port}${path} gave no metrics: ${messageOf(error)}` };
      }
    });
    return { metrics: Object.fromEntries(ids.map((id) => [id, found[id]])) };
  },
});

async function fetchPage(where: RequestOptions, signal: AbortSignal): Promise<string> {
  const { status, text: page } = await exchange(where, signal, undefined, mostMegabytes);
  if (status !== 200) throw new Error(`it answered ${status}`);
  return page;
}

/** The name that a line of the text format is about; comments name it too. */
const nameIn = (line: string) => /^(?:# (?:HELP|TYPE) )?([A-Za-z_:][\w:]*)/.exec(line)?.[1] ?? '';

const namesIn = (text: string) => [...new Set(text.split('\n').map(nameIn))].filter((name) => name !== '');

const linesOf = (text: string, names: ReadonlySet<string>) =>
  text
    .split('\n')
    .filter((line) => names.has(nameIn(line)))
    .map((line) => `${line}\n`)
    .join('');
