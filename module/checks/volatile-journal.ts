import { defineCheck, skippedFor, type Verdict } from './check.ts';

export const volatileJournal = defineCheck({
  id: 'volatile-journal',
  section: 'Field checks',
  title: 'the journal of the host outlives a restart',
  needs: ['hostSystem'],
  judge({ hostSystem }): Verdict {
    if ('unavailable' in hostSystem) return skippedFor(hostSystem);
    const { journal, bootedAt } = hostSystem.value;
    const info = { journal, booted_at: bootedAt ?? null };
    if (journal === 'persistent') return { status: 'ok', info };
    const details =
      journal === 'volatile'
        ? ['The journal is kept in memory: what led to a restart of the device is lost with it.']
        : ["The host keeps no journal: the daemons' messages are lost."];
    return {
      status: 'warning',
      details,
      fix:
        'Set Storage=persistent and SystemMaxUse=200M in /etc/systemd/journald.conf and restart systemd-journald, ' +
        'where the disk can take the writes.',
      info,
    };
  },
});
