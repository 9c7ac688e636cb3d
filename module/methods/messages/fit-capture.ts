import { shorten } from './body.ts';
import type { Capture } from './capture.ts';
import type { ShownMessage } from './shown-message.ts';

/** What an answer may have, and what GetTaskStatus keeps of one; bytes of JSON. */
const largest = 115_000;
/** What the note takes. */
const noteBytes = 400;
/** Less than this is shown of no body. */
const least = 64;

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const cut = 'The sample does not fit the answer; give sasUrl for all of it, or ask for less.';

/** A capture that fits an answer: bodies are shortened, then messages of the sample left out, the last first. */
export function fitCapture(whole: Capture, most = largest): Capture {
  if (bytesOf(whole) <= most) return whole;
  const room = most - bytesOf({ ...whole, sample: [] }) - noteBytes;
  let sample = whole.sample;
  for (let bytes = 32_768; bytes >= least; bytes /= 2) {
    sample = sample.map((message) => ({ ...message, ...shorten(message, bytes) }));
    const note = `${cut} Of each body no more than ${bytes} bytes are shown.`;
    if (bytesOf(sample) <= room) return { ...whole, sample, note };
  }
  const shown = beginning(sample, room);
  const note = `${cut} ${shown.length} of its ${sample.length} messages are shown, of each body no more than ${least} bytes.`;
  return { ...whole, sample: shown, note };
}

function beginning(sample: readonly ShownMessage[], room: number): readonly ShownMessage[] {
  let bytes = 2;
  const end = sample.findIndex((message) => {
    bytes += bytesOf(message) + 1;
    return bytes > room;
  });
  return end < 0 ? sample : sample.slice(0, end);
}
