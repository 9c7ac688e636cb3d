import { Counter, Gauge, type Registry } from 'prom-client';
import { within } from '../base/time.ts';

/** What came of an archive: in storage, kept in the data folder because there is no target, or neither. */
export type DeliveryOutcome = 'uploaded' | 'kept' | 'failed' | 'cancelled';

/** A disk that hangs does not hold up the page; milliseconds. */
const spoolMs = 1000;

/** Archives: made, sent, waiting. */
export function createDeliveryMetrics(registry: Registry, spoolBytes: () => Promise<number>) {
  const registers = [registry];
  const collected = new Counter({
    name: 'edge_support_collected_bytes_total',
    help: 'Bytes of the archives that were made (bundles, logs, reports), as they are uploaded.',
    registers,
  });
  const uploaded = new Counter({
    name: 'edge_support_uploaded_bytes_total',
    help: 'Bytes that Blob Storage has taken, those sent again included.',
    registers,
  });
  const uploads = new Counter({
    name: 'edge_support_uploads_total',
    help: 'Archives by what came of them: uploaded, kept (there is no target), failed or cancelled.',
    labelNames: ['outcome'],
    registers,
  });
  const last = new Gauge({
    name: 'edge_support_last_upload_timestamp_seconds',
    help: "When an archive was uploaded last, by the device's clock; Unix time, 0 when none was since the start.",
    registers,
  });
  new Gauge({
    name: 'edge_support_spool_bytes',
    help: 'What archives take in the data folder; NaN when it cannot be read.',
    registers,
    async collect() {
      this.set(await within(spoolMs, 'Measuring the spool', spoolBytes).catch(() => Number.NaN));
    },
  });
  return {
    /** An archive is whole. */
    collected: (bytes: number): void => collected.inc(bytes),
    /** Storage took a block. */
    uploaded: (bytes: number): void => uploaded.inc(bytes),
    delivered(outcome: DeliveryOutcome): void {
      uploads.inc({ outcome });
      if (outcome === 'uploaded') last.setToCurrentTime();
    },
  };
}
