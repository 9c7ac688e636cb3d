import Draft04 from 'ajv-draft-04';

/**
 * Checks a manifest by a JSON Schema of draft 04, the one in which the JSON Schema Store has those of deployments. Throws one
 * sentence with the place of the first thing that is wrong, without values.
 */
export function checkBySchema(schema: object, manifest: unknown): void {
  const validate = new Draft04.default({ strict: false }).compile(schema);
  if (validate(manifest)) return;
  const [error] = validate.errors ?? [];
  const place = (error?.instancePath ?? '').slice(1).replaceAll('/', '.') || 'The manifest';
  throw new Error(`${place} ${error?.message ?? 'is not valid'}.`);
}
