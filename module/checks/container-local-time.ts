import { defineCheck, skippedFor, type Verdict } from './check.ts';

/** The original's limit, in seconds. */
const limitSecs = 10;

export const containerLocalTime = defineCheck({
  id: 'container-local-time',
  section: 'Configuration checks',
  title: 'container time is close to host time',
  needs: ['engineInfo'],
  judge({ engineInfo }): Verdict {
    if ('unavailable' in engineInfo) return skippedFor(engineInfo);
    const { engine, before, after } = engineInfo.value.clock;
    if (Number.isNaN(engine)) {
      return { status: 'skipped', reason: 'unreadable', why: 'The container engine did not tell its time.' };
    }
    // The engine read its clock somewhere between our two readings: only what lies outside of them is a difference.
    const own = Math.min(Math.max(engine, before), after);
    const diff = Math.trunc(Math.abs(engine - own) / 1000);
    const info = { expected_duration: duration(engine), actual_duration: duration(own), diff };
    if (diff < limitSecs) return { status: 'ok', info };
    return {
      status: 'failed',
      details: [
        'Detected time drift between host and container',
        `The container's clock is ${diff} s ${engine > own ? 'behind' : 'ahead of'} the engine's.`,
      ],
      fix: 'Where the engine runs in a virtual machine, synchronise its clock with the host, for example by restarting it.',
      info,
    };
  },
});

function duration(ms: number): { readonly secs: number; readonly nanos: number } {
  return { secs: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) };
}
