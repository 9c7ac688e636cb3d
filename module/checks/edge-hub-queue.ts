import type { EdgeContainer } from '../facts/edge-containers.ts';
import type { EdgeHubMetricsReading } from '../facts/edge-hub-metrics.ts';
import { valueOf } from '../facts/fact.ts';
import type { HostDisksReading } from '../facts/host-disks.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

/** So many messages that wait are worth a word when edgeHub sends some, and so many when it sends none. */
const many = 10_000;
const some = 100;

export const edgeHubQueue = defineCheck({
  id: 'edge-hub-queue',
  section: 'Field checks',
  title: 'edgeHub sends the messages it has taken',
  needs: ['edgeHubMetrics', 'edgeContainers', 'hostDisks'],
  judge({ edgeHubMetrics, edgeContainers, hostDisks }): Verdict {
    const hub = valueOf(edgeContainers)?.containers.find(({ name }) => name === 'edgeHub');
    if (valueOf(edgeContainers) && hub?.state !== 'running') {
      const why = hub ? `edgeHub is ${hub.state}.` : 'There is no edgeHub.';
      return { status: 'skipped', reason: 'previous-failure', why };
    }
    if ('unavailable' in edgeHubMetrics) return skippedFor(edgeHubMetrics);
    const metrics = edgeHubMetrics.value;
    const waiting = metrics.queues['iothub'] ?? 0;
    const perSecond = rateOf(metrics);
    const info = {
      waiting,
      queues: metrics.queues,
      received: metrics.received,
      sent_upstream: metrics.sent,
      sent_per_second: perSecond ?? null,
      last_send: lastSendOf(metrics) ?? null,
      dropped: metrics.dropped,
      upstream_lost: metrics.offline,
      store: storeOf(hub, valueOf(hostDisks)) ?? null,
    };
    const expired = metrics.dropped['ttl_expiry'] ?? 0;
    // Whatever way they went: what waits becomes less.
    const stuck = waiting >= some && perSecond === 0 && (metrics.later?.waiting ?? waiting) >= waiting;
    const findings = [
      ...backlog(waiting, perSecond, stuck),
      ...(expired > 0
        ? [`${expired} messages were dropped since edgeHub was started because their time to live was over.`]
        : []),
    ];
    if (findings.length === 0) return { status: 'ok', info };
    return {
      status: stuck ? 'failed' : 'warning',
      details: findings,
      fix:
        'See whether the hub can be reached (checks container-connect-upstream-*) and takes messages (its daily quota), ' +
        'and edgeHub’s log. Messages are kept for storeAndForwardConfiguration.timeToLiveSecs (2 h by default); give ' +
        'edgeHub more where the device is often offline, and room on its disk.',
      info,
    };
  },
});

/** What edgeHub keeps on the host, where it does. */
function storeOf(hub: EdgeContainer | undefined, disks: HostDisksReading | undefined): object | undefined {
  const sources = hub?.mounts.map(({ source }) => source) ?? [];
  // A simulated host's folders are called as on a device, and lie elsewhere.
  const found = Object.entries(disks?.stores ?? {}).find(([path]) => sources.some((source) => source.endsWith(path)));
  return found && { path: found[0], ...found[1] };
}

/** Between which two looks of this module messages went upstream last; unknown until a second look. */
function lastSendOf({ lastSend }: EdgeHubMetricsReading): object | undefined {
  const iso = (ms: number) => new Date(ms).toISOString();
  return lastSend && { after: iso(lastSend.after), before: iso(lastSend.before) };
}

/** Messages a second that went upstream between two looks; undefined when nothing waited. */
function rateOf({ sent, later }: EdgeHubMetricsReading): number | undefined {
  return later && later.afterMs > 0
    ? Math.max(0, Math.round(((later.sent - sent) / later.afterMs) * 10_000) / 10)
    : undefined;
}

function backlog(waiting: number, perSecond: number | undefined, stuck: boolean): readonly string[] {
  if (stuck) return [`${waiting} messages wait in edgeHub, and it sends none.`];
  if (waiting < many) return [];
  const seconds = perSecond === undefined || perSecond === 0 ? undefined : Math.round(waiting / perSecond);
  return [
    `${waiting} messages wait in edgeHub${seconds === undefined ? '' : `; at ${perSecond} a second they are sent in ${seconds} s`}.`,
  ];
}
