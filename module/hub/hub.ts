/** One direct method call as it came: the name in the caller's spelling, the payload's raw bytes if there were any. */
export interface MethodCall {
  readonly name: string;
  readonly payload: Buffer | undefined;
}

/** An HTTP-like status and a JSON body; `null` is IoT Edge's empty answer. */
export interface MethodAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What the module does with what the hub sends. */
export interface HubListener {
  /** Never rejects. */
  onMethod(call: MethodCall): Promise<MethodAnswer>;
  /** The whole set of desired properties, after each connect and each change. */
  onDesired(desired: Readonly<Record<string, unknown>>): void;
  /** The twin of this connection was read; onDesired came before. */
  onTwinRead(): void;
  onState(state: HubState): void;
}

export type HubState = 'connecting' | 'open' | 'closed';

/** The module's connection to edgeHub. */
export interface Hub {
  /** Sends a patch of reported properties; rejects when it is not acknowledged in time. */
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}
