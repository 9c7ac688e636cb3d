import { byVersion, newestApi } from '../docker/api-version.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

export const containerEngineUri = defineCheck({
  id: 'container-engine-uri',
  section: 'Configuration checks',
  title: 'container engine is installed and functional',
  needs: ['engineVersion'],
  judge({ engineVersion }): Verdict {
    if ('unavailable' in engineVersion) return skippedFor(engineVersion);
    const { address, ...answer } = engineVersion.value;
    if ('version' in answer) {
      const { version, apiVersion, minApiVersion } = answer.version;
      const info = {
        docker_host_arg: address,
        docker_server_version: version,
        api_version: apiVersion,
        min_api_version: minApiVersion,
      };
      return byVersion(minApiVersion, newestApi) > 0 ? tooNew(version, minApiVersion, info) : { status: 'ok', info };
    }
    const info = { docker_host_arg: address, docker_server_version: null };
    const scheme = /^[^:]*/.exec(address)?.[0] ?? '';
    if (!['unix', 'tcp', 'http', 'https'].includes(scheme)) {
      return {
        status: 'failed',
        details: [`Could not communicate with container engine at ${address}. The scheme ${scheme} is invalid.`],
        fix: 'Set DOCKER_HOST of this module to unix:///var/run/docker.sock, or remove it.',
        info,
      };
    }
    const denied = /permission denied|EACCES/i.test(answer.error);
    const hint = denied ? '\nYou might need to run this command as root.' : '';
    return {
      status: 'failed',
      details: [
        `Could not communicate with container engine at ${address}.\n` +
          `Please check your moby-engine installation and ensure the service is running.${hint}`,
        answer.error,
      ],
      fix: denied
        ? "Let the module's user use the Docker socket: run it as root, or add the socket's group with HostConfig.GroupAdd."
        : "Bind the Docker socket into this module (HostConfig.Binds in its createOptions), and see on the device with 'systemctl status docker' that the engine runs.",
      info,
    };
  },
});

/** It is asked in its oldest version all the same, and may well understand. */
function tooNew(version: string, minApiVersion: string, info: Readonly<Record<string, unknown>>): Verdict {
  return {
    status: 'failed',
    details: [
      `The container engine ${version} wants at least version ${minApiVersion} of its API; edge-support speaks up to ${newestApi}.`,
    ],
    fix: 'Update edge-support to a release that knows this engine.',
    info,
  };
}
