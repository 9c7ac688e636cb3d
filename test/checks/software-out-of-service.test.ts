import { serviceDates } from '../../module/checks/service-dates.ts';
import { softwareOutOfService } from '../../module/checks/software-out-of-service.ts';
import type { Facts } from '../../module/facts/index.ts';
import { hostSystem, noEngine, noHost, options, value } from './support/readings.ts';

const engine = (serverVersion: string, kernelVersion = '6.8.0') =>
  value({ serverVersion, kernelVersion } as Facts['engineInfo']);
const edged = (version: string) => value({ path: '/x', modules: 1, version, tookMs: 1 });
const facts = { hostSystem: hostSystem(), management: edged('1.5.21'), engineInfo: engine('28.1.0') };
const judge = (more: { [K in keyof typeof facts]?: (typeof facts)[K] | typeof noHost }, now = options.now) =>
  softwareOutOfService.judge({ ...facts, ...more }, { ...options, now });

test('what is serviced at the time of the check is ok', () => {
  expect(judge({})).toMatchObject({
    status: 'ok',
    info: { iot_edge: '1.5.21', container_engine: '28.1.0', kernel: '6.8.0-60-generic' },
  });
});

test.each([
  ['2026-11-11T12:00:00Z', 'ok'],
  ['2026-11-12T00:00:00Z', 'warning'],
])('the last day of IoT Edge 1.5 counts whole, everywhere: %s is %s', (now, status) => {
  expect(judge({}, new Date(now)).status).toBe(status);
});

test.each([
  [{ management: edged('1.4.33') }, 'IoT Edge 1.4.33 is out of service: 1.4 was serviced until 2024-11-12.'],
  [{ engineInfo: engine('20.10.24') }, 'Container engine 20.10.24 is not serviced any more.'],
  [{ engineInfo: engine('23.0.1') }, 'Container engine 23.0.1 is out of service: 23 was serviced until 2025-05-19.'],
  [
    { hostSystem: hostSystem({ kernel: '4.14.98-imx' }) },
    'Linux 4.14.98-imx is older than 4.19, which nobody maintains upstream any more.',
  ],
])('%j is a warning', (more, text) => {
  expect(judge(more)).toMatchObject({ status: 'warning', details: [text] });
});

test("distributions' own builds, unknown releases and kernels from 4.19 on are not counted", () => {
  const debian = hostSystem({ packages: { versions: { 'docker.io': '20.10.24+dfsg1-1' } } });
  expect(judge({ hostSystem: debian, engineInfo: engine('20.10.24') }).status).toBe('ok');
  expect(judge({ engineInfo: engine('20.10.24+dfsg1') }).status).toBe('ok');
  expect(judge({ management: edged('1.7.0'), engineInfo: engine('31.0.0') }).status).toBe('ok');
  expect(judge({ hostSystem: hostSystem({ kernel: '4.19.0-27-amd64' }) }).status).toBe('ok');
});

test('the engine tells the kernel too, and without anything it is skipped', () => {
  const old = { hostSystem: noHost, management: noHost, engineInfo: engine('28.0.0', '3.10.0') };
  expect(judge(old)).toMatchObject({ status: 'warning', info: { kernel: '3.10.0', iot_edge: null } });
  const nothing = { hostSystem: noHost, management: noHost, engineInfo: noEngine };
  expect(softwareOutOfService.judge(nothing, options)).toMatchObject({ reason: 'docker-unavailable' });
});

test('the days of the table are days', () => {
  for (const { until } of serviceDates) if (until !== undefined) expect(Date.parse(until)).not.toBeNaN();
});
