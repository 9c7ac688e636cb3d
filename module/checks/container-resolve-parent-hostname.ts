import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { isAddress } from './host-name.ts';

export const containerResolveParentHostname = defineCheck({
  id: 'container-resolve-parent-hostname',
  section: 'Configuration checks',
  title: 'parent hostname is resolvable from inside container',
  needs: ['environment', 'upstream', 'edgeContainers'],
  judge({ environment, upstream, edgeContainers }): Verdict {
    if ('unavailable' in environment) return skippedFor(environment);
    const { parentHostname: name } = environment.value;
    if (name === undefined) return { status: 'ignored', why: 'The device has no parent.' };
    if (isAddress(name)) return { status: 'ignored', why: 'The parent is named by its address.' };
    if ('unavailable' in upstream) return skippedFor(upstream);
    const { lookup } = upstream.value;
    if (!('error' in lookup)) return { status: 'ok', info: { addresses: lookup.addresses } };
    // The original looks the name up with edgeAgent's extra hosts.
    const agent = valueOf(edgeContainers)?.containers.find((container) => container.name === 'edgeAgent');
    const extraHost = agent?.extraHosts.find((entry) => entry.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    if (extraHost !== undefined) return { status: 'ok', info: { edgeAgent_extra_host: extraHost } };
    return {
      status: 'failed',
      details: [`Failed to resolve parent hostname ${name}`, lookup.error],
      fix:
        `Make ${name} known to the name servers that the containers ask, or give it with HostConfig.ExtraHosts in the ` +
        'createOptions of edgeAgent and edgeHub.',
    };
  },
});
