import {
  choice,
  flag,
  integer,
  list,
  optional,
  optionalUnlessBlank,
  record,
  requiredText,
  text,
  withDefault,
} from '../config/values.ts';
import { schemaVersion } from './schema-version.ts';

export const filterSchema = record({
  tail: optionalUnlessBlank(integer(0)),
  since: optional(text()),
  until: optional(text()),
  loglevel: optionalUnlessBlank(integer()),
  includeTimestamp: optionalUnlessBlank(flag()),
  regex: optional(text()),
  minLevel: optional(text()),
  multiline: optional(text()),
});

/** What GetModuleLogs and UploadModuleLogs share (edgeAgent's ModuleLogsRequest; defaults are the code's, not the docs'). */
export const logRequestFields = {
  schemaVersion: schemaVersion(),
  items: list(record({ id: requiredText(), filter: optional(filterSchema) })),
  encoding: withDefault(choice('none', 'gzip'), 'none'),
  contentType: withDefault(choice('json', 'text', 'ndjson'), 'json'),
};

export const logSchemaContext = 'logs upload request schema';
