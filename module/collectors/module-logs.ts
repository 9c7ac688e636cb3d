import { textLog } from '../logs/logs.ts';
import type { Collector } from './collector.ts';

export const moduleLogs: Collector = {
  id: 'module-logs',
  about: "The modules' logs, as text.",
  timeoutSecs: 600,
  entries: async ({ ask, docker, engineLogs = '', redactor, env, modules }) => {
    const source = {
      docker,
      engineLogs,
      redactor,
      scope: 'all',
      iothub: env.iothubHostname,
      device: env.deviceId,
    } as const;
    return (await modules()).map(({ name }) => ({
      name: `logs/${name}_log.txt`,
      open: (signal, { account, warnings }) =>
        textLog(source, name, ask, { lines: 0, bytes: 0, warnings, account }, signal),
    }));
  },
};
