import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

const fixVersion =
  'Name an image of edgeAgent 1.2 or later in [agent.config] of config.toml and in the deployment of edgeAgent.';

/**
 * The original pulls the image that config.toml names. Here the engine asks the registry for the one that edgeAgent
 * runs from: nothing is pulled, and no credentials leave the host.
 */
export const checkAgentImage = defineCheck({
  id: 'check-agent-image',
  section: 'Configuration checks',
  title: 'Agent image is valid and can be pulled from upstream',
  needs: ['agentImage', 'hostConfig', 'environment'],
  judge({ agentImage, hostConfig, environment }): Verdict {
    const edged = valueOf(hostConfig)?.edged;
    const bootstrap = edged && 'value' in edged ? edged.value.agentImage : undefined;
    const running = valueOf(agentImage);
    const info = {
      asked_image: running?.image ?? null,
      bootstrap_image: bootstrap ?? null,
      registry_answer: running?.state ?? null,
      ...(running?.digest ? { digest: running.digest } : {}),
    };
    const nested = valueOf(environment)?.parentHostname !== undefined;
    const tooOld = nested && [bootstrap, running?.image].find((image) => image !== undefined && isBefore12(image));
    if (tooOld) {
      const details = ['In nested Edge, edgeAgent version need to be 1.2 or above', `The image is ${tooOld}.`];
      return { status: 'failed', details, fix: fixVersion, info };
    }
    if ('unavailable' in agentImage) return skippedFor(agentImage, info);
    const { image, state, why = '' } = agentImage.value;
    if (state === 'found') return { status: 'ok', info };
    if (state === 'denied' && image === bootstrap) {
      // What config.toml names was fetched with the host's credentials, else it would not run.
      return {
        status: 'ok',
        info: { ...info, indirect: 'the registry wants credentials; the image was fetched before' },
      };
    }
    if (state === 'denied') {
      const said = `The registry of ${image} wants credentials; those of the device stay on the host.`;
      return { status: 'skipped', reason: 'not-supported', why: said, info };
    }
    const details = ['Failed to get edge Agent image', why];
    if (state === 'not-found') {
      const fix = `The registry has no ${image}: correct its name and tag where it is set, or push it there.`;
      return { status: 'failed', details, fix, info };
    }
    // The image is on the device and runs: without its registry nothing stops, but no update can be had.
    return {
      status: 'warning',
      details: [...details, 'The image is on the device; it cannot be had again or updated like this.'],
      fix: `Let the container engine reach the registry of ${image}, directly or through its proxy (check proxy-settings).`,
      info,
      iotedgeCheck: 'error',
    };
  },
});

/** Microsoft's image with a tag below 1.2; images of others and tags that are no version are taken as good. */
function isBefore12(image: string): boolean {
  const [, major, minor] = /\/azureiotedge-agent:(\d+)\.(\d+)/.exec(image) ?? [];
  return major !== undefined && (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 2));
}
