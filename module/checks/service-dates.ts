/**
 * Until when software is serviced by those who make it, as known in November 2026. Read with care: a release that is
 * not listed is never out of service.
 *
 * - IoT Edge: the pages "version history" and "supported platforms" on learn.microsoft.com (1.1 until 13 Dec 2022, 1.4
 *   until 12 Nov 2024, each release between replaced by the next), the changelog of 1.5 (10 Nov 2026) and of 1.6 (an
 *   LTS until Nov 2028).
 * - Container engine: project/BRANCHES-AND-TAGS.md of moby, which has an end for 23.0 and does not list 24 and those
 *   before 23 any more; 25.0, 26.1 and later have none yet. Distributions maintain their own builds of older ones.
 * - Linux: distributions maintain kernels that kernel.org has given up, for ten years and more, so only those before
 *   4.19 count.
 */
export interface ServiceDate {
  readonly software: 'IoT Edge' | 'Container engine';
  /** How its versions begin: `1.4`, `20`. */
  readonly release: string;
  /** The last day of service, ISO 8601; absent where it is over and has no day. */
  readonly until?: string;
}

export const serviceDates: readonly ServiceDate[] = [
  { software: 'IoT Edge', release: '1.0' },
  { software: 'IoT Edge', release: '1.1', until: '2022-12-13' },
  { software: 'IoT Edge', release: '1.2' },
  { software: 'IoT Edge', release: '1.3' },
  { software: 'IoT Edge', release: '1.4', until: '2024-11-12' },
  { software: 'IoT Edge', release: '1.5', until: '2026-11-10' },
  { software: 'IoT Edge', release: '1.6', until: '2028-11-30' },
  { software: 'Container engine', release: '17' },
  { software: 'Container engine', release: '18' },
  { software: 'Container engine', release: '19' },
  { software: 'Container engine', release: '20' },
  { software: 'Container engine', release: '23', until: '2025-05-19' },
  { software: 'Container engine', release: '24' },
];

/** The first release of Linux, as major and minor, that still counts as maintained by somebody. */
export const oldestKernel = [4, 19] as const;
