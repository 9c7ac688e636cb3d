/** What became of one file of the bundle. */
export interface ManifestEntry {
  /** Its path in the archive; the collector's id when it could not even list its files. */
  readonly name: string;
  readonly collector: string;
  /**
   * success: whole. partial: something was lost, `reason` says what. skipped: not allowed, not there, or left out.
   * timeout, failed, canceled: ended early; what had been read until then is in the archive.
   */
  readonly status: 'success' | 'partial' | 'skipped' | 'timeout' | 'failed' | 'canceled';
  /** Before compression. */
  readonly bytes: number;
  /** Of what is in the archive; absent where nothing is. */
  readonly sha256?: string;
  readonly seconds: number;
  readonly reason?: string;
  /** Secrets taken out, by rule. */
  readonly redacted?: Readonly<Record<string, number>>;
}

/** `manifest.json`: what the bundle holds and how complete it is. */
export interface Manifest {
  readonly schema: 'edge-support-bundle/1';
  /** Of this module. */
  readonly version: string;
  readonly iothub: string;
  readonly device: string;
  readonly caseId?: string;
  readonly createdAt: string;
  /** From then until the manifest was written. */
  readonly seconds: number;
  /** ISO 8601; without `since` everything there was. */
  readonly window: { readonly since?: string; readonly until: string };
  /** What was taken out: `all` kinds of secrets, `strict` for personal data too, `known` for this module's own secrets only. */
  readonly redaction: string;
  /** As it was sent, without sasUrl. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly entries: readonly ManifestEntry[];
}
