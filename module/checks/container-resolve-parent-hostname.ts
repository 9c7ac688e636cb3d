import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { isAddress } from './host-name.ts';

export const containerResolveParentHostname = defineCheck({
  id: 'container-resolve-parent-hostname',
  section: 'Configuration checks',
  title: 'parent hostname is resolvable from inside container',
  needs: ['environment', 'upstream', 'bridgeUpstream', 'edgeContainers'],
  judge({ environment, upstream, bridgeUpstream, edgeContainers }): Verdict {
    if ('unavailable' in environment) return skippedFor(environment);
    const { parentHostname: name } = environment.value;
    if (name === undefined) return { status: 'ignored', why: 'The device has no parent.' };
    if (isAddress(name)) return { status: 'ignored', why: 'The parent is named by its address.' };
    // The original looks the name up with edgeAgent's extra hosts, in a container on the default bridge.
    const agent = valueOf(edgeContainers)?.containers.find((container) => container.name === 'edgeAgent');
    const extraHost = agent?.extraHosts.find((entry) => entry.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    if (extraHost !== undefined) return { status: 'ok', info: { edgeAgent_extra_host: extraHost } };
    if ('unavailable' in upstream) return skippedFor(upstream);
    const { lookup } = upstream.value;
    const bridge = valueOf(bridgeUpstream)?.lookup;
    const original = bridge && ({ iotedgeCheck: 'error' in bridge ? 'error' : 'ok' } as const);
    const info = {
      addresses: 'error' in lookup ? null : lookup.addresses,
      ...(bridge ? { default_bridge: 'error' in bridge ? bridge.error : bridge.addresses } : {}),
    };
    if (!('error' in lookup)) {
      return { status: 'ok', info, ...(original?.iotedgeCheck === 'error' ? original : {}) };
    }
    const onBridge = original?.iotedgeCheck === 'ok' ? ['From the default bridge it can be resolved.'] : [];
    return {
      status: 'failed',
      details: [`Failed to resolve parent hostname ${name}`, lookup.error, ...onBridge],
      fix:
        `Make ${name} known to the name servers that the containers ask, or give it with HostConfig.ExtraHosts in the ` +
        'createOptions of edgeAgent and edgeHub.',
      info,
      ...(original?.iotedgeCheck === 'ok' ? original : {}),
    };
  },
});
