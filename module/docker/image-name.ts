import { SupportError } from '../base/errors.ts';

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const registry = `(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::\\d{1,5})?`;
const word = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const tag = ':[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}';
const digest = '@[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}';

/** `registry:5000/path/name:tag@sha256:…`, as distribution/reference has it: no part of it can leave a URL's path. */
const shape = new RegExp(`^(?:${registry}/)?${word}(?:/${word})*(?:${tag})?(?:${digest})?$`);

/** An image's name that may stand in a path of the engine's API. Throws a SupportError `bad-request` for any other. */
export function checkedImage(image: string): string {
  if (image.length <= 512 && shape.test(image)) return image;
  throw new SupportError('bad-request', `"${image.slice(0, 80)}" is not an image's name: expected registry/path:tag.`);
}
