import type { Session } from './broker.ts';
import { badRequest, errorDetail, HubError } from './errors.ts';
import type { NewEvent } from './events.ts';
import type { FaultState } from './faults.ts';
import type { Methods } from './methods.ts';
import { DESIRED, desiredTopic, type Published, TWIN_ANSWERS, twinAnswerTopic } from './topics.ts';
import { patchReported, type Twin, twinForModule } from './twins.ts';

export interface MessageParts {
  readonly faults: FaultState;
  readonly methods: Methods;
  twinOf(moduleId: string): Twin;
  /** A module sent a message by way of edgeHub. */
  sent(moduleId: string, bag: string, body: Buffer): void;
  record(event: NewEvent): void;
}

/** Acts on what a module published: a method's answer, a twin request, telemetry (recorded, and at edgeHub routed). */
export function createMessages({ faults, methods, twinOf, sent, record }: MessageParts) {
  return (session: Session, published: Published, topic: string, payload: Buffer): void => {
    const { endpoint, moduleId } = session;
    const body = payload.toString();
    switch (published.kind) {
      case 'methodAnswer':
        methods.answered(session, published.rid, published.status, body);
        break;
      case 'telemetry':
        record({ type: 'telemetry', endpoint, moduleId, topic, body });
        if (endpoint === 'edge') sent(moduleId, published.bag, payload);
        break;
      case 'twinGet': {
        const answered = reply(session, 200, published.rid, JSON.stringify(twinForModule(twinOf(moduleId))));
        record({ type: 'twinGet', endpoint, moduleId, answered });
        break;
      }
      case 'reported': {
        const { patch, status, body: answer, version } = report(twinOf(moduleId), body);
        const answered = reply(session, status, published.rid, answer, version);
        record({ type: 'reported', endpoint, moduleId, patch, status, answered });
      }
    }
  };

  /** False when nobody gets the answer: a fault withholds it, or the module does not listen. */
  function reply(session: Session, status: number, rid: string, body: string, version?: number): boolean {
    if (faults.withholdTwinAnswers || !session.subscribed(TWIN_ANSWERS)) return false;
    session.publish(twinAnswerTopic(status, rid, version), body);
    return true;
  }
}

interface Reported {
  readonly patch: unknown;
  readonly status: number;
  readonly body: string;
  readonly version?: number;
}

function report(twin: Twin, text: string): Reported {
  let patch: unknown = text;
  try {
    patch = parse(text);
    return { patch, status: 204, body: '', version: patchReported(twin, patch) };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { patch, status: error.status, body: JSON.stringify(errorDetail(error)) };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('expected reported properties as JSON');
  }
}

/** Tells every connection of the module that listens about a change of its desired properties. */
export function sendDesired(
  sessions: readonly Session[],
  moduleId: string,
  patch: Record<string, unknown>,
  version: number,
): void {
  const body = JSON.stringify({ ...patch, $version: version });
  for (const session of sessions)
    if (session.moduleId === moduleId && session.subscribed(DESIRED)) session.publish(desiredTopic(version), body);
}
