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

/** A message that a route of edgeHub brought to one of this module's inputs. */
export interface InputMessage {
  readonly input: string;
  /** Its properties as they stand in the topic; `readProperties` reads them. */
  readonly bag: string;
  readonly body: Buffer;
}

/** Whether such messages can come; and why not, as the end of a sentence. */
export type InputsState = { readonly open: true } | { readonly open: false; readonly why: string };

/** What the module does with what the hub sends. */
export interface HubListener {
  /** Never rejects. */
  onMethod(call: MethodCall): Promise<MethodAnswer>;
  /** The whole set of desired properties, after each connect and each change. */
  onDesired(desired: Readonly<Record<string, unknown>>): void;
  /** The twin of this connection was read; onDesired came before. */
  onTwinRead(): void;
  /** Returns at once: messages come faster than anything can be done with them. It is acknowledged in any case. */
  onInput(message: InputMessage): void;
  onInputs(state: InputsState): void;
  /** `via`: the way the connection goes, or tries to; none once it is closed. */
  onState(state: HubState, via?: Via): void;
  /** A connection ended, or could not be made. */
  onEnded?(via: Via, kind: EndingKind): void;
  /** Once, when no connection has worked for as long as `giveUpAfterSecs`: one sentence that says so and why. */
  onGiveUp(reason: string): void;
}

/**
 * `connecting`: there is no connection, or it has not proved yet that it works. `open`: it has. `deaf`: connected, but
 * twin answers or method calls do not come through; calls that do are answered all the same. `closed`: by `close`.
 */
export type HubState = 'connecting' | 'open' | 'deaf' | 'closed';

/** Why a connection ended; `renewed` and `returning` are no failures. */
export type EndingKind = 'failed' | 'lost' | 'deaf' | 'renewed' | 'returning';

/** The settings of the connection that may change while it lasts; asked for whenever one is needed. */
export interface ChannelOptions {
  readonly transport: Transport;
  readonly probeEverySecs: number;
  readonly fallback: boolean;
  readonly fallbackAfterSecs: number;
  readonly giveUpAfterSecs: number;
}

/** MQTT over TLS on port 8883, or over WebSockets on port 443. */
export type Transport = 'mqtt' | 'mqttws';

/** By way of the device's own edgeHub, or straight to IoT Hub (when nested, to the parent). */
export type Via = 'edgeHub' | 'direct';

/** What one round trip over the connection gave. */
export interface ChannelProof {
  readonly via: Via;
  readonly transport: Transport;
  /** Why the twin could not be read; absent when it could. */
  readonly twinProblem?: string;
  /**
   * Whether a method call of our own came back by way of edgeHub: `heard`, `deaf` when it did not, `not-offered` where
   * it could not be tried; and why.
   */
  readonly hearing: { readonly outcome: 'heard' | 'deaf' | 'not-offered'; readonly why: string };
  readonly tookMs: number;
}

/** The module's connection to its hub. */
export interface Hub {
  /** Reads the twin and calls ourselves over the connection there is. Rejects when there is none, or when it ends. */
  prove(): Promise<ChannelProof>;
  /** Sends a patch of reported properties; rejects when it is not acknowledged in time. */
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}
