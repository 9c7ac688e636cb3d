import type { Fact } from './fact.ts';
import { showProxy } from './proxy.ts';

/** What IoT Edge told this module about the device. Proxies are without user and password. */
export interface EnvironmentReading {
  readonly iothubHostname: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly gatewayHostname?: string;
  readonly parentHostname?: string;
  readonly upstreamProtocol?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

export const environment: Fact<EnvironmentReading> = {
  about: "Reading the module's environment",
  async read({ env, targets }) {
    const { workloadUri: _, generationId: __, apiVersion: ___, ...kept } = env;
    return {
      ...kept,
      iothubHostname: targets?.iothubHostname ?? env.iothubHostname,
      ...(env.httpsProxy === undefined ? {} : { httpsProxy: showProxy(env.httpsProxy) }),
    };
  },
};
