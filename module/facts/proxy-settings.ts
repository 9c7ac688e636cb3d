import { isExempt } from '../base/no-proxy.ts';
import { within } from '../base/time.ts';
import { environmentValue } from './edge-containers.ts';
import { type ProxySettings, targetsOf, type World } from './fact.ts';
import { type Proxy, parseProxy } from './proxy.ts';

/** A proxy that is to be used, and where it is set in a few words. */
export interface FoundProxy {
  readonly proxy: Proxy;
  readonly from: string;
}

/** The proxy for an HTTPS address. Undefined when there is none or `no_proxy` exempts the host. */
export async function findProxy(
  world: World,
  host: string,
  port: number,
  limitMs: number,
  signal: AbortSignal,
): Promise<FoundProxy | undefined> {
  const settings = await findProxySettings(world, limitMs, signal);
  const proxy = parseProxy(settings?.url ?? '');
  if (!settings || !proxy || isExempt(settings.noProxy, host, port)) return undefined;
  return { proxy, from: settings.from };
}

/**
 * The proxy that is set: the given one, else this module's own `https_proxy`, else that of edgeAgent, since deployments
 * usually set it for the runtime's modules only.
 */
export async function findProxySettings(
  world: World,
  limitMs: number,
  signal: AbortSignal,
): Promise<ProxySettings | undefined> {
  return targetsOf(world).proxy ?? ownProxy(world) ?? agentProxy(world, limitMs, signal);
}

function ownProxy({ env }: World): ProxySettings | undefined {
  if (env.httpsProxy === undefined) return undefined;
  return { url: env.httpsProxy, noProxy: env.noProxy ?? '', from: "this module's environment" };
}

async function agentProxy({ docker }: World, limitMs: number, signal: AbortSignal): Promise<ProxySettings | undefined> {
  try {
    const ask = (own: AbortSignal) => docker.inspect('edgeAgent', own);
    const { Config: config } = await within(limitMs, "Reading edgeAgent's environment", ask, signal);
    const url = environmentValue(config.Env, 'https_proxy');
    if (!url) return undefined;
    return { url, noProxy: environmentValue(config.Env, 'no_proxy') ?? '', from: "edgeAgent's environment" };
  } catch {
    // Without an engine or an edgeAgent there is no setting to follow: the dial goes direct, as it says.
    signal.throwIfAborted();
    return undefined;
  }
}
