import { readdir, readFile } from 'node:fs/promises';
import { checks } from '../../module/checks/index.ts';

const folder = new URL('../../docs/checks/', import.meta.url);

test('every check has its page, with its title and the facts it needs, and no page is left over', async () => {
  const pages = (await readdir(folder)).map((name) => name.replace(/\.md$/, '')).sort();
  expect(pages).toEqual(checks.map(({ id }) => id).sort());
  for (const { id, title, section, needs } of checks) {
    const page = await readFile(new URL(`${id}.md`, folder), 'utf8');
    expect(page).toContain(`# ${id}\n\n*${title}* (section ${section})\n\n## Summary\n`);
    expect(page).toMatch(/\n## How to fix\n(.|\n)*\n## Depends on\n/);
    expect(page).toContain(`Facts: ${needs.map((need) => `\`${need}\``).join(', ') || 'none'}\n`);
  }
});
