import type { Manifest, ManifestEntry } from '../module/report/manifest.ts';

/** Of a bundle's manifest.json what is as it should be: it may come from anywhere. Undefined for what is none of ours. */
export function manifestOf(json: unknown): Partial<Manifest> | undefined {
  if (!isRecord(json) || !isText(json['schema']) || !json['schema'].startsWith('edge-support-bundle/'))
    return undefined;
  const { iothub, device, caseId, createdAt, window, entries } = json;
  const { since, until } = isRecord(window) ? window : {};
  return {
    ...(isText(iothub) ? { iothub } : {}),
    ...(isText(device) ? { device } : {}),
    ...(isText(caseId) ? { caseId } : {}),
    ...(isText(createdAt) ? { createdAt } : {}),
    ...(isText(until) ? { window: { ...(isText(since) ? { since } : {}), until } } : {}),
    ...(Array.isArray(entries) ? { entries: entries.filter(isEntry) } : {}),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isEntry(value: unknown): value is ManifestEntry {
  if (!isRecord(value)) return false;
  const { name, status, bytes, seconds, reason = '', redacted = {} } = value;
  return (
    [name, status, reason].every(isText) &&
    [bytes, seconds].every(isNumber) &&
    isRecord(redacted) &&
    Object.values(redacted).every(isNumber)
  );
}
