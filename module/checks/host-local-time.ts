import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { type CheckOptions, defineCheck, type Verdict } from './check.ts';

const outOfSync =
  'Time on the device is out of sync with the NTP server. This may cause problems connecting to IoT Hub.\n' +
  'Please ensure time on device is accurate, for example by installing an NTP daemon.';
const fixClock = "See on the device with 'timedatectl' whether a time service runs and reaches its server.";

/** Containers share the host's clock, so what this module measures is the host's time. */
export const hostLocalTime = defineCheck({
  id: 'host-local-time',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'host time is close to reference time',
  needs: ['clock', 'upstream'],
  judge({ clock, upstream }, options): Verdict {
    const ntp = valueOf(clock);
    if (ntp && 'offsetMs' in ntp) return judgeOffset(ntp.offsetMs, { source: 'ntp', reference: ntp.server }, options);
    const error = ntp ? ntp.error : [(clock as { readonly why: string }).why];
    if (ntp && ntp.problem === 'invalid') {
      return {
        status: 'failed',
        details: ['Could not query NTP server', ...error],
        fix: `Name a working NTP server with the setting ntpServer; ${ntp.server} gives no usable answer.`,
        info: { offset: null, reference: ntp.server },
      };
    }
    const date = dateOf(upstream);
    if (date) return judgeDate(date, error, options);
    return {
      status: 'warning',
      details: ['Could not query NTP server', ...error, "No HTTPS answer's Date header could be had instead."],
      fix: 'Open UDP port 123 to an NTP server, or name one inside the network with the setting ntpServer.',
      info: { offset: null },
    };
  },
});

interface Source {
  readonly source: 'ntp' | 'https-date';
  readonly reference: string;
}

function judgeOffset(offsetMs: number, source: Source, { maxClockOffsetSecs }: CheckOptions): Verdict {
  // Whole seconds and without the sign, as the original has it.
  const offset = Math.trunc(Math.abs(offsetMs) / 1000);
  const direction = offsetMs > 0 ? 'behind' : 'ahead';
  const info = { offset, ...source, ...(offset > 0 ? { device_clock: direction } : {}) };
  if (offset < maxClockOffsetSecs) return { status: 'ok', info };
  const details = [outOfSync, `The device's clock is ${offset} s ${direction} of ${source.reference}.`];
  return { status: 'warning', details, fix: fixClock, info };
}

interface DateHeader {
  readonly host: string;
  readonly date: number;
  readonly askedAt: number;
}

function dateOf(upstream: Reading<Facts['upstream']>): DateHeader | undefined {
  const dials = valueOf(upstream)?.dials;
  for (const dial of [dials?.https, dials?.httpsDirect]) {
    if (dial?.http?.date !== undefined) return { host: dial.host, date: dial.http.date, askedAt: dial.http.askedAt };
  }
  return undefined;
}

// The header has whole seconds, cut off: half a second is its middle. The original cannot tell here, and warns.
function judgeDate({ host, date, askedAt }: DateHeader, ntpError: readonly string[], options: CheckOptions): Verdict {
  const verdict = judgeOffset(date + 500 - askedAt, { source: 'https-date', reference: host }, options);
  return { ...verdict, info: { ...verdict.info, ntp_error: ntpError.join(': ') }, iotedgeCheck: 'warning' };
}
