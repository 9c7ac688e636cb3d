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

const filter = record({
  tail: optionalUnlessBlank(integer(0)),
  since: optional(text()),
  until: optional(text()),
  loglevel: optionalUnlessBlank(integer()),
  includeTimestamp: optionalUnlessBlank(flag()),
  regex: optional(text()),
});

/** What GetModuleLogs and UploadModuleLogs share (edgeAgent's ModuleLogsRequest; defaults are the code's, not the docs'). */
export const logRequestFields = {
  schemaVersion: schemaVersion(),
  items: list(record({ id: requiredText(), filter: optional(filter) })),
  encoding: withDefault(choice('none', 'gzip'), 'none'),
  contentType: withDefault(choice('json', 'text'), 'json'),
};

export const logSchemaContext = 'logs upload request schema';
