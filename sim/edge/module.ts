import { GiveUp, waitFor } from '../wait.ts';

/** The module as a process or a container of ours. */
export interface Started {
  readonly pid?: number;
  readonly containerId?: string;
  /** Its data folder on this machine; for a container the volume's. It outlives the module, as on a device. */
  readonly dataDir: string;
  /** How it ended, or undefined while it runs. A container that was restarted counts as ended. */
  ended(): Promise<string | undefined>;
  lastLines(count?: number): Promise<string>;
  /** All that it, and modules started before it in the same way, wrote to its log. */
  log(): Promise<string>;
  /** SIGKILL to its process, as power loss or the out-of-memory killer ends it; the engine starts a container again. */
  kill(): Promise<void>;
  /** SIGTERM, then SIGKILL after the limit; a container is removed, its volume stays. */
  stop(): Promise<void>;
}

export interface ReadyOptions {
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** True when the hub sees the module connected. */
  connected(): boolean;
  /** True when the module answers Ping. */
  answers(): Promise<boolean>;
}

/** Waits until the module is connected and answers; throws with its last log lines when it ends or takes too long. */
export async function moduleReady(module: Started, options: ReadyOptions): Promise<void> {
  const probe = async () => {
    const ended = await module.ended();
    if (ended) throw new GiveUp(`The module ended with ${ended}.`);
    return options.connected() && (await options.answers()) ? true : undefined;
  };
  try {
    await waitFor('the module to connect and answer Ping', probe, { limitMs: options.limitMs, signal: options.signal });
  } catch (error) {
    throw new Error(`${(error as Error).message} Its last lines:\n${await module.lastLines()}`, { cause: error });
  }
}
