/** What became of one file of the bundle. */
export interface ManifestEntry {
  readonly name: string;
  readonly collector: string;
  /**
   * success: whole. partial: something was lost, `reason` says what. skipped: not asked for or not there.
   * timeout, failed, canceled: ended early; what had been read until then is in the archive.
   */
  readonly status: 'success' | 'partial' | 'skipped' | 'timeout' | 'failed' | 'canceled';
  readonly bytes: number;
  readonly sha256?: string;
  readonly seconds: number;
  readonly reason?: string;
  /** Secrets taken out, by rule. */
  readonly redacted?: Readonly<Record<string, number>>;
}

/** `manifest.json`: what the bundle holds and how complete it is. */
export interface Manifest {
  readonly schema: 'edge-support-bundle/1';
  readonly version: string;
  readonly iothub: string;
  readonly device: string;
  readonly createdAt: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly entries: readonly ManifestEntry[];
}
