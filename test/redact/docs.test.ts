import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rules } from '../../module/redact/rules.ts';

const file = join(import.meta.dirname, '../../docs/redaction.md');
const begin = '<!-- made by test/redact/docs.test.ts, UPDATE_DOCS=1 writes it -->';
const end = '<!-- end -->';

test('docs/redaction.md lists every rule with its example', async () => {
  const text = await readFile(file, 'utf8');
  const cell = (value: string) => value.replaceAll('|', '\\|').replaceAll('\n', '\\n');
  const rows = rules.map(({ name, about, strict, example }) => {
    const shown = example.text.replace(example.secret, '‹secret:…›');
    return `| \`${name}\`${strict ? ' (strict)' : ''} | ${about} | \`${cell(shown)}\` |`;
  });
  const table = ['| rule | finds | example |', '|---|---|---|', ...rows].join('\n');
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  const now = `${text.slice(0, from)}\n\n${table}\n\n${text.slice(to)}`;
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(file, now);
  else expect(text).toBe(now);
});
