import { type Reading, valueOf } from '../facts/fact.ts';
import type { EdgedConfig } from '../facts/host-config.ts';
import type { Facts } from '../facts/index.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

export const connectManagementUri = defineCheck({
  id: 'connect-management-uri',
  section: 'Configuration checks',
  title: 'configuration has correct URIs for daemon mgmt endpoint',
  needs: ['hostConfig', 'management'],
  judge({ hostConfig, management }): Verdict {
    const edged = edgedOf(hostConfig);
    const info = {
      connect_management_uri: edged?.connectManagementUri ?? null,
      listen_management_uri: edged?.listenManagementUri ?? null,
    };
    const problem = edged && schemeProblem(edged);
    if (problem) {
      return {
        status: 'failed',
        details: [problem],
        fix:
          'Set connect.management_uri to unix:///var/run/iotedge/mgmt.sock and listen.management_uri to ' +
          "fd://aziot-edged.mgmt.socket in config.toml, then run 'iotedge config apply'.",
        info,
      };
    }
    if (edged && schemeOf(edged.connectManagementUri) === 'http') {
      const why = `Only a Unix socket is asked; ${edged.connectManagementUri} is one over the network.`;
      return { status: 'skipped', reason: 'not-supported', why, info };
    }
    return judgeAnswer(management, info);
  },
});

function judgeAnswer(management: Reading<Facts['management']>, info: Readonly<Record<string, unknown>>): Verdict {
  if ('unavailable' in management) return skippedFor(management, info);
  const { path, modules, error, tookMs } = management.value;
  const asked = { ...info, socket: path, modules: modules ?? null, duration_ms: tookMs };
  if (error === undefined) return { status: 'ok', info: asked };
  return {
    status: 'failed',
    details: [`The management API at unix://${path} did not answer as it should.`, error],
    fix:
      "See on the device with 'systemctl status aziot-edged' and 'iotedge system logs' what it does; while it makes a " +
      "support bundle it answers nobody. 'systemctl restart aziot-edged' stops and starts every module.",
    info: asked,
  };
}

function edgedOf(hostConfig: Reading<Facts['hostConfig']>): EdgedConfig | undefined {
  const edged = valueOf(hostConfig)?.edged;
  return edged && 'value' in edged ? edged.value : undefined;
}

const schemeOf = (uri: string) => /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase() ?? '';

/** The original's rules for the two schemes. */
function schemeProblem({
  connectManagementUri: connect,
  listenManagementUri: listen,
}: EdgedConfig): string | undefined {
  const [from, to] = [schemeOf(connect), schemeOf(listen)];
  if (from === 'http' && to === 'http') return undefined;
  if (from === 'unix' && (to === 'unix' || to === 'fd')) {
    const isFile = /^unix:\/\/\/./.test(connect);
    return isFile ? undefined : 'Could not parse connect.management_uri: does not represent a valid file path';
  }
  if (from === to) return `Could not parse connect.management_uri: scheme ${from} is invalid`;
  return (
    'configuration has invalid combination of schemes for connect.management_uri ' +
    `("${from}") and listen.management_uri ("${to}")`
  );
}
