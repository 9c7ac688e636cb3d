import { messageOf, SupportError } from '../base/errors.ts';
import { within } from '../base/time.ts';
import { type Fact, Unavailable } from './fact.ts';

/** Whether the registry has the image that edgeAgent's container was created from; asked by the engine, not pulled. */
export interface AgentImageReading {
  readonly image: string;
  /** `denied`: the registry wants credentials, which stay on the host. `unreachable`: no answer of a registry. */
  readonly state: 'found' | 'not-found' | 'denied' | 'unreachable';
  readonly digest?: string;
  /** Why it was not found. */
  readonly why?: string;
}

export const agentImage: Fact<AgentImageReading> = {
  about: "Asking the registry for edgeAgent's image",
  async read({ docker }, signal, limitMs) {
    const image = await imageOf(docker.inspect('edgeAgent', signal));
    try {
      const ask = (own: AbortSignal) => docker.distribution(image, own);
      const { digest } = await within(limitMs * 0.8, `The registry's answer for ${image}`, ask, signal);
      return { image, state: 'found', digest };
    } catch (error) {
      signal.throwIfAborted();
      return { image, state: stateOf(error), why: messageOf(error) };
    }
  },
};

async function imageOf(inspected: Promise<{ readonly Config: { readonly Image: string } }>): Promise<string> {
  try {
    return (await inspected).Config.Image;
  } catch (error) {
    if (!(error instanceof SupportError && error.code === 'not-found')) throw error;
    throw new Unavailable('unknown', 'There is no container edgeAgent whose image could be asked for.');
  }
}

function stateOf(error: unknown): AgentImageReading['state'] {
  if (!(error instanceof SupportError)) return 'unreachable';
  if (error.code === 'not-found' || error.code === 'bad-request') return 'not-found';
  const { statusCode } = (error.cause ?? {}) as { readonly statusCode?: unknown };
  // Engines before version 23 pass a refusal on as 500 or 403, in the registry's words.
  const refused = /\b(unauthorized|denied|authentication required|no basic auth)\b/i.test(error.message);
  return statusCode === 401 || statusCode === 403 || refused ? 'denied' : 'unreachable';
}
