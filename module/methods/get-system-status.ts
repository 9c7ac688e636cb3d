import { messageOf } from '../base/errors.ts';
import { choice, record, withDefault } from '../config/values.ts';
import { readFacts } from '../facts/index.ts';
import { systemStatus, systemStatusFacts, systemStatusText } from '../report/system-status.ts';
import { defineMethod } from './method.ts';
import { endOfJournal, unitJournal } from './system-log.ts';

/** As many lines of a service that is down as `iotedge system status` prints. */
const lastLines = 10;
const mostBytes = 8000;

export const getSystemStatus = defineMethod({
  name: 'GetSystemStatus',
  about:
    'Tells how the security manager and its daemons are, as `iotedge system status` does, and the versions of everything.',
  payloadOptional: true,
  request: record({ output: withDefault(choice('json', 'text'), 'json') }),
  example: { output: 'text' },
  async handle({ request: { output }, services, signal }) {
    const limitMs = services.settings().methodTimeoutSecs * 600;
    const readings = await readFacts([...systemStatusFacts], services.world(), { limitMs, signal });
    const status = systemStatus(readings);
    const logs: Record<string, string> = {};
    for (const { name } of status.services.filter((service) => service.status === 'Down')) {
      try {
        const journal = unitJournal(services, name, { lines: lastLines }, signal);
        logs[name] = (await endOfJournal(journal, mostBytes)).text;
      } catch (error) {
        signal.throwIfAborted();
        logs[name] = messageOf(error);
      }
    }
    return output === 'text' ? { text: systemStatusText(status, logs) } : { ...status, logs };
  },
});
