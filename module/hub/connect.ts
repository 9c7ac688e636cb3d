import type { Log } from '../base/log.ts';
import { startChannel } from './channel.ts';
import { readIdentity } from './credentials.ts';
import { answersTls, directEndpoint, type Endpoint, edgeHubEndpoint } from './endpoints.ts';
import type { ChannelOptions, Hub, HubListener, Via } from './hub.ts';
import { createInputs } from './inputs.ts';
import { type ChannelLimits, channelLimits } from './limits.ts';
import { isExempt, readProxyVariables } from './proxy.ts';
import { openSession, type Proof, type Session } from './session.ts';

export interface ConnectParts {
  /** The module's environment: what IoT Edge put there, and the proxy variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly listener: HubListener;
  readonly log: Log;
  readonly options: () => ChannelOptions;
  readonly limits?: ChannelLimits;
  /** PEM of what IoT Hub's certificate is trusted by, instead of what Node trusts. */
  readonly cloudCa?: string;
}

/** Connects to edgeHub with what IoT Edge put in the environment and keeps the connection until it is closed. */
export function connectHub(parts: ConnectParts): Hub {
  const { variables, listener, log, options, limits = channelLimits } = parts;
  const identity = readIdentity(variables);
  const proxy = readProxyVariables(variables);
  const edgeHub = edgeHubEndpoint(identity);
  const direct = directEndpoint(identity, proxy, parts.cloudCa);
  const [first, ...others] = [edgeHub, direct].filter((endpoint) => endpoint !== undefined);
  if (first === undefined) throw new Error('There is nothing to connect to: neither edgeHub nor IoT Hub is known.');
  if (others.length === 0) log.info(`There is no other way than ${first.name}.`);
  if (edgeHub && proxy.httpsProxy !== undefined && !isExempt(proxy.noProxy ?? '', edgeHub.hostname, 443)) {
    log.info(
      `edgeHub (${edgeHub.hostname}) is local and is reached without the proxy, though no_proxy does not name it.`,
    );
  }
  const endpoint = (via: Via): Endpoint => (via === first.via ? first : (others[0] ?? first));
  const session = { identity, listener, inputs: createInputs({ listener, limits, log }), limits, log };
  return startChannel({
    listener,
    log,
    options,
    limits,
    ways: [first.via, ...others.map(({ via }) => via)],
    nameOf: (via) => endpoint(via).name,
    open: (via, signal) => openSession(session, endpoint(via), options().transport, signal),
    answers: (signal) => answersTls(first, options().transport, limits.dialMs, signal),
    onProved: createReport(log),
  });
}

/** Reports which way the module is connected, in the reported property `channel`, and says what cannot be proved. */
function createReport(log: Log): (session: Session, proof: Proof) => void {
  let way: { readonly via: Via; readonly since: string } | undefined;
  let unproved = '';
  return (session, { hearing }) => {
    const { via, transport } = session;
    if (way?.via !== via) way = { via, since: new Date().toISOString() };
    session.report({ channel: { ...way, transport, selfCall: hearing.outcome } }).catch((error: Error) => {
      log.debug(`Reporting the way of the connection failed: ${error.message}`);
    });
    const why = hearing.outcome === 'not-offered' ? hearing.why : '';
    if (why !== unproved && why !== '') log.info(`That calls arrive is not proved, only that the twin does: ${why}.`);
    unproved = why;
  };
}
