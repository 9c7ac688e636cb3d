import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { InputMessage } from '../../../module/hub/hub.ts';
import { createTaps } from '../../../module/hub/taps.ts';
import { compilePattern } from '../../../module/logs/pattern.ts';
import { dispatch } from '../../../module/methods/index.ts';
import { type Capture, type CaptureAsk, capture, routeFor } from '../../../module/methods/messages/capture.ts';
import { fitCapture } from '../../../module/methods/messages/fit-capture.ts';
import { until } from '../../sim/support/hub.ts';
import { memoryDocker } from '../../support/memory-docker.ts';
import { services } from '../../support/services.ts';

const own = () => services({ docker: memoryDocker({}) });
const from = (module: string, body = 'x', more = ''): InputMessage => ({
  input: 'tap',
  bag: `%24.cdid=dev${module === '' ? '' : `&%24.cmid=${module}`}${more}`,
  body: Buffer.from(body),
});

/** A capture that listens, until its result is asked for. */
function listening(ask: Partial<CaptureAsk> = {}) {
  const taps = createTaps();
  taps.onInputs({ open: true });
  const early = new AbortController();
  const whole = { seconds: 60, max: 20, bodyBytes: 100, pattern: undefined, scope: 'all', ...ask } as const;
  const captured = capture(whole, { ...own(), taps }, { signal: new AbortController().signal, early: early.signal });
  captured.catch(() => undefined);
  const result = async (): Promise<Capture> => {
    early.abort(new Error('enough'));
    return captured;
  };
  return { taps, result };
}

/** What is heard of these messages, which come all at once. */
async function heard(messages: readonly InputMessage[], ask: Partial<CaptureAsk> = {}): Promise<Capture> {
  const { taps, result } = listening(ask);
  await new Promise(setImmediate);
  for (const message of messages) taps.onInput(message);
  return result();
}

test('a device behind edgeHub has no module; an output that edgeHub tells is a source of its own', async () => {
  const { sources } = await heard([from(''), from('m', 'xy', '&%24.on=a'), from('m', 'x', '&%24.on=b'), from('')]);
  expect(sources.map(({ device, module, output, messages }) => [device, module, output, messages])).toEqual([
    ['dev', undefined, undefined, 2],
    ['dev', 'm', 'a', 1],
    ['dev', 'm', 'b', 1],
  ]);
});

test('sources are counted one by one up to a hundred, all others together', async () => {
  const many = Array.from({ length: 5000 }, (_, index) => from(`m${index}`, 'abc'));
  const { messages, sources, otherSources, sample } = await heard(many);
  expect([messages, sources.length, sample.length]).toEqual([5000, 100, 20]);
  expect(otherSources).toEqual({ messages: 4900, bytes: 14_700 });
});

test('what comes faster than a filter can look is counted, and not kept', async () => {
  const flood = Array.from({ length: 100 }, () => from('m', 'x'.repeat(256 * 1024)));
  const {
    messages,
    filteredOut,
    notLookedAt = 0,
  } = await heard(flood, { pattern: compilePattern('x', 'filter', 'im') });
  expect(notLookedAt).toBeGreaterThan(60);
  expect([messages + notLookedAt, filteredOut]).toEqual([100, 0]);
}, 20_000);

test('a pattern that is too slow is a 400, and ends it', async () => {
  const pattern = compilePattern('^(a|a(?=a))+\\1$', 'filter', 'im');
  await expect(heard([from('m', `${'a'.repeat(5000)}!`)], { pattern, seconds: 60 })).rejects.toThrow(
    /filter: .*simplify it/,
  );
}, 20_000);

test('properties are cut in number and length, after their secrets are gone', async () => {
  const many = Array.from({ length: 60 }, (_, index) => `&p${index}=${'v'.repeat(index === 0 ? 600 : 1)}`).join('');
  const { sample } = await heard([from('m', 'x', `${many}`), from('m', 'x', '&password=hunter2-hunter2&__proto__=1')]);
  const [cut, secret] = sample;
  expect(Object.keys(cut?.properties ?? {})).toHaveLength(50);
  expect(cut).toMatchObject({ propertiesCut: true, properties: { p0: 'v'.repeat(500), p1: 'v' } });
  expect(JSON.stringify(secret?.properties)).toMatch(/^\{"password":"‹secret:\w+›","__proto__":"1"\}$/);
});

test('without a connection by way of edgeHub it is refused, and told why', async () => {
  const { taps, ...rest } = own();
  const call = { name: 'CaptureMessages', payload: Buffer.from('{"seconds":1}') };
  expect(await dispatch(call, { ...rest, taps })).toEqual({
    status: 503,
    body: { message: 'No messages can be captured: there is no connection yet.' },
  });
});

test('five may listen at a time', async () => {
  const taps = createTaps();
  taps.onInputs({ open: true });
  const none = { onInput: () => undefined, onInputs: () => undefined };
  const closing = Array.from({ length: 5 }, () => taps.open(none));
  const call = { name: 'CaptureMessages', payload: Buffer.from('{"seconds":1}') };
  const asked = { ...own(), taps };
  expect(await dispatch(call, asked)).toMatchObject({ status: 429 });
  closing[0]?.();
  closing[0]?.();
  expect(await dispatch(call, asked)).toMatchObject({ status: 200, body: { messages: 0 } });
  expect(await dispatch(call, asked)).toMatchObject({ status: 200 });
});

test('an answer that is too large shows less of bodies, then fewer messages; never more than fits', async () => {
  const large = Array.from({ length: 100 }, (_, index) => from(`m${index % 7}`, 'b'.repeat(20_000)));
  const whole = await heard(large, { max: 100, bodyBytes: 20_000 });
  const fitted = fitCapture(whole);
  expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThanOrEqual(115_000);
  expect(fitted.sample).toHaveLength(100);
  expect(fitted).toMatchObject({ messages: 100, note: expect.stringContaining('Of each body no more than 512 bytes') });
  const wordy = Array.from({ length: 200 }, () => from('m', 'x', `&p=${'v'.repeat(500)}&q=${'v'.repeat(499)}`));
  const few = fitCapture(await heard(wordy, { max: 200 }), 60_000);
  expect(Buffer.byteLength(JSON.stringify(few))).toBeLessThanOrEqual(60_000);
  expect(few.sample.length).toBeGreaterThan(20);
  expect(few.note).toContain(`${few.sample.length} of its 200 messages are shown`);
  const small = await heard([from('m')]);
  expect(fitCapture(small)).toBe(small);
});

test('the note, the documentation and the template have the same route', async () => {
  const root = join(import.meta.dirname, '../../..');
  const [template, docs] = await Promise.all(
    ['deployment.template.json', 'docs/messages.md'].map((file) => readFile(join(root, file), 'utf8')),
  );
  const { $edgeHub } = (JSON.parse(template ?? '') as { modulesContent: { $edgeHub: Record<string, unknown> } })
    .modulesContent;
  const { tap } = ($edgeHub['properties.desired'] as { routes: { tap: { route: string; timeToLiveSecs: number } } })
    .routes;
  const on = { ...tap, route: tap.route.replace('WHERE false ', '') };
  expect(on.route).toBe(routeFor('edgeSupport'));
  const shown = [...(docs ?? '').matchAll(/```json\n("tap": .*?)```/gs)].map(([, json]) => JSON.parse(`{${json}}`));
  expect(shown).toEqual([{ tap }, { tap: on }]);
  const [, layer = ''] = /```json\n(\{\s+"content".*?)```/s.exec(docs ?? '') ?? [];
  expect(JSON.parse(layer)).toEqual({
    content: { modulesContent: { $edgeHub: { 'properties.desired.routes.tap': on } } },
  });
});

test('the sample holds on to nothing of the large messages of which it shows a little', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  const large = (index: number) => from('m', `${index}${'x'.repeat(250_000)}`, `&p${index}=${'v'.repeat(60_000)}`);
  const { taps, result } = listening({ max: 200, bodyBytes: 1000 });
  await new Promise(setImmediate);
  for (let index = 0; index < 200; index += 1) taps.onInput(large(index));
  // Of 62 MB; what buffers had is given back a little later.
  await until('the memory', () => used() - before < 10_000_000);
  expect((await result()).sample).toHaveLength(200);
}, 20_000);
