import { defineCheck, skippedFor, type Verdict } from './check.ts';

/** Less is a correction that nobody notices; milliseconds. */
const notable = 10_000;

export const clockJump = defineCheck({
  id: 'clock-jump',
  section: 'Field checks',
  title: 'the clock was not set while this module ran',
  needs: ['clockJump'],
  judge({ clockJump: reading }): Verdict {
    if ('unavailable' in reading) return skippedFor(reading);
    const { since, jumpedMs } = reading.value;
    const info = { since: new Date(since).toISOString(), jumped_seconds: Math.round(jumpedMs / 1000) };
    if (Math.abs(jumpedMs) < notable) return { status: 'ok', info };
    const way = jumpedMs > 0 ? 'forward' : 'back';
    return {
      status: 'warning',
      details: [
        `Since this module was started the clock went ${way} by ${Math.abs(info.jumped_seconds)} s: it was set, or the device slept.`,
      ],
      fix:
        'Times in logs before and after do not fit together, and certificates and tokens made before may not be valid. ' +
        'See that an NTP service runs from the start (systemctl status systemd-timesyncd or chronyd) and that the device ' +
        'has a battery-backed clock.',
      info,
    };
  },
});
