import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

export const moduleHealth = defineCheck({
  id: 'module-health',
  section: 'Field checks',
  title: "modules' own health checks succeed",
  needs: ['edgeContainers', 'lastErrors'],
  judge({ edgeContainers, lastErrors }): Verdict {
    if ('unavailable' in edgeContainers) return skippedFor(edgeContainers);
    const { containers } = edgeContainers.value;
    const running = containers.filter(({ state }) => state === 'running');
    const info = {
      health: Object.fromEntries(running.flatMap(({ name, health }) => (health ? [[name, health]] : []))),
      without_health_check: running.filter(({ health }) => health === undefined).map(({ name }) => name),
    };
    const ill = running.filter(({ health }) => health === 'unhealthy');
    if (ill.length === 0) return { status: 'ok', info };
    const lines = valueOf(lastErrors)?.lines ?? {};
    return {
      status: 'failed',
      details: ill.map(({ name }) => {
        const line = lines[name];
        return `${name} runs, and its health check fails.${line === undefined ? '' : ` Its last error line: ${line}`}`;
      }),
      fix:
        'Read the log of the modules named with GetModuleLogs; RestartModule starts one anew. Neither the engine nor ' +
        'edgeAgent restarts a module because it is unhealthy.',
      info,
    };
  },
});
