export interface LogFormat {
  readonly contentType: 'text' | 'json';
  readonly encoding: 'none' | 'gzip';
}

/** The ending of a log blob's name. */
export function blobExtension({ contentType, encoding }: LogFormat): 'json' | 'json.gz' | 'log' | 'log.gz' {
  const plain = contentType === 'json' ? 'json' : 'log';
  return encoding === 'gzip' ? `${plain}.gz` : plain;
}
