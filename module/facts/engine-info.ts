import type { Fact } from './fact.ts';
import { showProxy } from './proxy.ts';

/** What of the engine's `GET /info` checks need. Proxies are without user and password. */
export interface EngineInfoReading {
  /** The host's name. */
  readonly hostname: string;
  readonly serverVersion: string;
  /** As the host's os-release names it: `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string;
  readonly osVersion: string;
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly storageDriver: string;
  readonly dockerRootDir: string;
  /** The log driver for containers that name none. */
  readonly loggingDriver: string;
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
  /** The engine's clock, and ours before and after asking, in milliseconds since 1970. */
  readonly clock: { readonly engine: number; readonly before: number; readonly after: number };
}

export const engineInfo: Fact<EngineInfoReading> = {
  about: "Reading the container engine's state",
  async read({ docker, now }, signal) {
    const before = now().getTime();
    const info = await docker.info(signal);
    const after = now().getTime();
    const text = (key: string) => {
      const value = info.raw[key];
      return typeof value === 'string' ? value : '';
    };
    return {
      hostname: info.name,
      serverVersion: info.serverVersion,
      operatingSystem: text('OperatingSystem'),
      osVersion: text('OSVersion'),
      architecture: text('Architecture'),
      kernelVersion: text('KernelVersion'),
      storageDriver: text('Driver'),
      dockerRootDir: info.dockerRootDir,
      loggingDriver: info.loggingDriver,
      httpProxy: showProxy(info.httpProxy),
      httpsProxy: showProxy(info.httpsProxy),
      noProxy: info.noProxy,
      clock: { engine: Date.parse(info.systemTime), before, after },
    };
  },
};
