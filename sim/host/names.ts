export interface HostNames {
  readonly hostname: string;
  readonly deviceId: string;
  readonly hubHostName: string;
  /** The name server of the host and its engine. Default: one that does not exist. */
  readonly dns?: string;
  /** The image that edged starts edgeAgent from. Default: Microsoft's. */
  readonly agentImage?: string;
  /** True puts a proxy with a password into the setting of one daemon, and of that one only. */
  readonly daemonProxy?: boolean;
}
