import { choice, record, withDefault } from '../config/values.ts';
import { defineMethod } from './method.ts';

/*
 * What only somebody on the device can do: whoever answers here is stopped by it, or would have to write to the host. The
 * answer is the reason and the exact commands.
 */

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** What a method of this kind answers. */
interface ByHand {
  readonly done: false;
  readonly reason: string;
  /** In this order, on the device, as root. */
  readonly commands: readonly string[];
}

const answer = (reason: string, ...commands: readonly string[]): ByHand => ({ done: false, reason, commands });

const none = record({});

export const byHand = [
  defineMethod({
    name: 'SystemRestart',
    about: 'Says why `iotedge system restart` cannot be done from here, and the commands that do it.',
    payloadOptional: true,
    request: none,
    example: {},
    handle: async () =>
      answer(
        'It stops every module, this one too, before it starts anything: nobody would be left to see whether it came back. RestartRuntime restarts edgeAgent and edgeHub from here.',
        'iotedge system restart',
        'iotedge system status',
      ),
  }),
  defineMethod({
    name: 'SystemStop',
    about: 'Says why `iotedge system stop` cannot be done from here, and the commands that do it.',
    payloadOptional: true,
    request: none,
    example: {},
    handle: async () =>
      answer(
        'It stops every module, this one too, and from afar there is no way back.',
        'iotedge system stop',
        'iotedge system restart',
      ),
  }),
  defineMethod({
    name: 'SystemSetLogLevel',
    about: 'Says why `iotedge system set-log-level` cannot be done from here, and the commands that do it.',
    payloadOptional: true,
    request: record({ level: withDefault(choice(...levels), 'debug') }),
    example: { level: 'debug' },
    handle: async ({ request: { level } }) =>
      answer(
        'It writes to the host and holds from a restart of the services on, which stops every module. SetLogLevel does it for modules.',
        `iotedge system set-log-level ${level}`,
        'iotedge system restart',
      ),
  }),
  defineMethod({
    name: 'ConfigApply',
    about: 'Says why `iotedge config apply` cannot be done from here, and the commands that do it.',
    payloadOptional: true,
    request: none,
    example: {},
    handle: async () =>
      answer(
        'It writes the daemons’ configuration on the host and restarts them, which stops every module. RunCheck (config-up-to-date, configs-up-to-date) tells whether it is needed.',
        'iotedge config apply',
        'iotedge check',
      ),
  }),
];
