import type { Finding, Findings } from '../module/report/findings.ts';

const evidenceShown = 3;

/** Findings as a person reads them in a terminal. */
export function findingsText({ device, iothub, createdAt, summary, findings }: Findings): string {
  const { errors, warnings, succeeded, skipped } = summary;
  const whose = iothub === '' ? device : `${device} at ${iothub}`;
  const head = `${whose}, ${createdAt}: ${errors} errors, ${warnings} warnings, ${succeeded} fine, ${skipped} unknown.`;
  return plain([head, ...findings.map(one)].join('\n\n'));
}

function one({ id, severity, title, details, advice, evidence, causedBy, reference }: Finding): string {
  const [first = title, ...rest] = details;
  const places = evidence.filter(({ line }) => line !== undefined).slice(0, evidenceShown);
  return [
    `${severity.toUpperCase()} ${first} (${id})`,
    ...rest.map((text) => `  - ${text}`),
    ...(advice === '' ? [] : [`  To do: ${advice}`]),
    ...(causedBy ? [`  Follows from: ${causedBy.join(', ')}`] : []),
    ...places.map(({ file, line, text = '' }) => `  ${file}:${line}: ${text}`),
    ...(reference === undefined ? [] : [`  More: ${reference}`]),
  ].join('\n');
}

/** A log must not move the cursor of who reads it, or turn the direction of writing. */
const plain = (text: string) =>
  text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (letter) => (letter === '\n' ? letter : ''));
