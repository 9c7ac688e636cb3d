import { readFile } from 'node:fs/promises';
import { hostJournalMounts } from '../../module/facts/host-journal.ts';
import { facts, mountsOf } from '../../module/facts/index.ts';

test('SECURITY.md names everything that is bound into a helper container', async () => {
  const security = await readFile(new URL('../../SECURITY.md', import.meta.url), 'utf8');
  const told = { engineRoot: '/told', storageFolders: ['/told'], managementSocket: '/told' };
  const ofFacts = mountsOf(Object.keys(facts), told).filter((path) => !path.startsWith('/told'));
  const paths = [...ofFacts, ...hostJournalMounts];
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !security.includes(`\`${path}\``))).toEqual([]);
});
