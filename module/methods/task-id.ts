import * as z from 'zod/mini';
import { optional, record, text } from '../config/values.ts';
import { schemaVersion } from './schema-version.ts';

/** The fields of a request about one task: edgeAgent's `correlationId`, which `taskId` may stand for. */
const idFields = {
  schemaVersion: optional(schemaVersion()),
  correlationId: optional(text()),
  taskId: optional(text()),
};

/** A request about one task, with these further fields. */
export const aboutTask = <S extends z.core.$ZodLooseShape>(fields: S) =>
  record({ ...idFields, ...fields }).check(
    z.refine((request) => idOf(request as Identified) !== '', {
      path: ['correlationId'],
      error: 'is null or whitespace.',
    }),
  );

export interface Identified {
  readonly correlationId?: string | undefined;
  readonly taskId?: string | undefined;
}

export const idOf = ({ correlationId, taskId }: Identified): string => (correlationId ?? taskId ?? '').trim();
