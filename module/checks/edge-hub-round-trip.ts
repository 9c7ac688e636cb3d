import { defineCheck, skippedFor, type Verdict } from './check.ts';

export const edgeHubRoundTrip = defineCheck({
  id: 'edge-hub-round-trip',
  section: 'Field checks',
  title: "a round trip through edgeHub over this module's own connection",
  needs: ['channel'],
  judge({ channel }): Verdict {
    if ('unavailable' in channel) return skippedFor(channel);
    if ('problem' in channel.value) {
      return {
        status: 'failed',
        details: ['This module has no connection to its hub at the moment.', channel.value.problem],
        fix: 'See that edgeHub runs (check module-restarts) and reaches the hub (checks container-connect-upstream-*).',
      };
    }
    const { via, transport, twinProblem, hearing, tookMs } = channel.value;
    const info = {
      via,
      transport,
      round_trip_ms: tookMs,
      twin_read: twinProblem === undefined,
      method_call: hearing.outcome,
    };
    if (twinProblem !== undefined) {
      return {
        status: 'failed',
        details: ["The module's twin could not be read through its connection.", twinProblem],
        fix:
          'edgeHub answers twins from IoT Hub or from its store: see in its log whether it reaches IoT Hub and whether ' +
          'the disk of its store is full; RestartModule of edgeHub connects all modules anew.',
        info,
      };
    }
    if (hearing.outcome === 'deaf') {
      return {
        status: 'failed',
        details: ['A method call of our own to ourselves by way of edgeHub did not come back.', hearing.why],
        fix: 'RestartModule of edgeHub connects all modules anew; see in its log why it forgot the subscriptions.',
        info,
      };
    }
    if (via === 'direct') {
      return {
        status: 'warning',
        details: ['This module reaches IoT Hub only by going round edgeHub, which does not answer it.'],
        fix: 'See with GetModuleLogs of edgeHub why it takes no connections; RestartModule starts it anew.',
        info,
      };
    }
    return { status: 'ok', info };
  },
});
