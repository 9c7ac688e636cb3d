import { readFile } from 'node:fs/promises';
import { toCheckListText } from '../../module/report/list.ts';
import { pageOf } from '../../module/report/page.ts';

test('the list is laid out as iotedge check-list prints it', () => {
  const checks = [
    { section: 'Configuration checks', id: 'a', title: 'the first' },
    { section: 'Configuration checks', id: 'longer', title: 'the second' },
    { section: 'Field checks', id: 'b', title: 'the third' },
  ] as const;
  expect(toCheckListText(checks)).toBe(
    [
      'CATEGORY             ID     DESCRIPTION',
      '',
      'Configuration checks a      the first',
      'Configuration checks longer the second',
      '',
      'Field checks         b      the third',
      '',
      '',
    ].join('\n'),
  );
});

test('a page is a file of this repository, at its address as soon as package.json has one', async () => {
  const { repository } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const page = pageOf('hostname');
  expect(page.startsWith(repository === undefined ? 'docs/checks/' : 'https://')).toBe(true);
  expect(page.endsWith('docs/checks/hostname.md')).toBe(true);
});
