/** `json` is one array of records, `ndjson` a record a line. */
export interface LogFormat {
  readonly contentType: 'text' | 'json' | 'ndjson';
  readonly encoding: 'none' | 'gzip';
}

const extensions = { text: 'log', json: 'json', ndjson: 'ndjson' } as const;

/** The ending of a log blob's name; edgeAgent's for `text` and `json`. */
export function blobExtension({ contentType, encoding }: LogFormat): string {
  return encoding === 'gzip' ? `${extensions[contentType]}.gz` : extensions[contentType];
}
