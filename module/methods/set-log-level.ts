import { SupportError } from '../base/errors.ts';
import { logLevels } from '../base/log.ts';
import { choice, optional, record, text } from '../config/values.ts';
import { defineMethod } from './method.ts';

/** Those that IoT Edge's own modules know. */
const runtime = ['edgeAgent', 'edgeHub'];

export const setLogLevel = defineMethod({
  name: 'SetLogLevel',
  about:
    'Sets how much this module logs at once; for edgeAgent and edgeHub tells the change of the deployment that does it.',
  request: record({ level: choice(...logLevels), id: optional(text()) }),
  example: { level: 'debug' },
  async handle({ request: { level, id }, services: { env, setLogLevel: set, log } }) {
    if (id === undefined || id === env.moduleId) {
      set(level);
      log.info(`The log level is ${level} until the next start, or until the twin sets another.`);
      return { id: env.moduleId, level, done: true };
    }
    if (!runtime.includes(id)) {
      const own = `${env.moduleId} (at once), ${runtime.join(' and ')} (by the deployment)`;
      throw new SupportError('bad-request', `id: how ${id} sets its log level is its own affair; known are ${own}.`);
    }
    const path = `modulesContent.$edgeAgent.properties.desired.systemModules.${id}.env.RuntimeLogLevel`;
    return {
      id,
      level,
      done: false,
      reason: `Only a deployment can change the environment of ${id}: edgeAgent then re-creates it.`,
      change: { path, value: { value: level } },
    };
  },
});
