import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Setting, settings } from '../../module/config/settings.ts';

/*
 * docs/settings.md has the table of module/config/settings.ts. UPDATE_DOCS=1 writes it.
 */

const file = join(import.meta.dirname, '../../docs/settings.md');
const [begin, end] = ['<!-- settings: made by the tests, UPDATE_DOCS=1 writes them -->', '<!-- end of settings -->'];

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((one) => `\`${one}\``).join(', ');
  return value === '' ? '–' : String(value);
}

function table(): string {
  const rows = Object.values<Setting>(settings).map(
    ({ env, twin, fallback, about, secret }) =>
      `| \`${env}\`${secret ? ` or \`${env}_FILE\`` : ''} | ${twin === undefined ? '–' : `\`${twin}\``} | ${shown(fallback)} | ${about.replaceAll('|', '\\|')} |`,
  );
  return ['| variable | twin | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

test('docs/settings.md has every setting as the code has it', () => {
  const text = readFileSync(file, 'utf8');
  const [before, rest = ''] = text.split(`${begin}\n`);
  const after = rest.slice(rest.indexOf(end));
  const wanted = `${before}${begin}\n\n${table()}\n\n${after}`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, wanted);
  else expect(text).toBe(wanted);
});
