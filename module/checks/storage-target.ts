import { defineCheck, skippedFor, type Verdict } from './check.ts';

/** A SAS that ends within so many days is worth a word. */
const soonDays = 3;
const dayMs = 86_400_000;

export const storageTarget = defineCheck({
  id: 'storage-target',
  section: 'Field checks',
  title: 'the Blob Storage target of the settings takes uploads',
  needs: ['storageTarget'],
  judge({ storageTarget: reading }, { now }): Verdict {
    if ('unavailable' in reading) return skippedFor(reading);
    const { trial } = reading.value;
    if (!trial) {
      const why = 'No Blob Storage target is set: uploads need a sasUrl, and bundles without one stay on the device.';
      return { status: 'ignored', why };
    }
    const { from, host, expiresAt, problem } = trial;
    const expires = expiresAt === undefined ? null : new Date(expiresAt).toISOString();
    const info = { from, host: host ?? null, sas_expires: expires };
    if (problem !== undefined) {
      return {
        status: 'failed',
        details: [`The target of the setting ${from} takes no uploads.`, problem],
        fix: `Give ${from} a new value in the twin or the environment: a SAS of the container that grants create and write, or a way to it through the firewall or proxy (443).`,
        info,
      };
    }
    const days = expiresAt === undefined ? Number.POSITIVE_INFINITY : (expiresAt - now.getTime()) / dayMs;
    if (days >= soonDays) return { status: 'ok', info };
    return {
      status: 'warning',
      details: [`The SAS of the setting ${from} expires at ${expires}, in ${Math.floor(days)} days.`],
      fix: `Give ${from} a new SAS of the container in time; uploads fail from then on.`,
      info,
    };
  },
});
