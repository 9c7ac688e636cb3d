import { startProxy } from '../../hub/support/proxy.ts';
import { edit } from '../host-files.ts';
import { allOf, type State } from '../state.ts';
import { speak } from './network.ts';

const unitOf = (service: string) => `usr/lib/systemd/system/${service}.service`;

/** Devices of which nothing is to be complained. */
export const healthyStates: readonly State[] = [
  {
    id: 'plain-mqtt',
    fault: 'nothing: MQTT, directly',
    plant: async () => async () => undefined,
  },
  {
    id: 'amqp-over-websockets-by-proxy',
    fault: 'nothing: AMQP over WebSockets, through a proxy that all services use',
    alsoFine: {
      'proxy-settings': 'The engine of the simulation cannot be given the proxy without a restart.',
    },
    async plant(edge) {
      const { gateway } = edge.engine.uplink;
      const proxy = await startProxy(gateway, (name) => edge.site.dns.names.get(name)?.[0] ?? name);
      const url = `http://${proxy.address}`;
      const units = ['aziot-edged', 'aziot-identityd'].map((service) =>
        edit(edge, unitOf(service), (text) => text.replace('[Service]', `[Service]\nEnvironment=https_proxy=${url}`)),
      );
      return allOf([
        () => proxy.stop(),
        ...(await Promise.all(units)),
        await speak(edge, 'AmqpWs', { https_proxy: url }),
      ]);
    },
  },
  {
    id: 'full-host-name',
    fault: 'nothing: the configuration has the host name with its domain',
    plant: (edge) =>
      edit(edge, 'etc/aziot/identityd/config.d/00-super.toml', (text) =>
        text.replace(/^hostname = "(.*)"$/m, 'hostname = "$1.plant.example.com"'),
      ),
  },
  {
    id: 'local-log-driver',
    fault: 'nothing: logs are kept by the driver "local", which bounds them itself',
    async plant(edge) {
      const names = ['edgeAgent', 'edgeHub', 'SimulatedTemperatureSensor'];
      const logging = { LogConfig: { Type: 'local', Config: {} } };
      for (const name of names)
        await edge.workloads.redeploy(name, (spec) => ({ ...spec, host: { ...spec.host, ...logging } }));
      const back = names.map((name) => () => edge.workloads.redeploy(name));
      const file = await edit(edge, 'etc/docker/daemon.json', (text) => {
        const { dns } = JSON.parse(text) as { dns: unknown };
        return JSON.stringify({ dns, 'log-driver': 'local' });
      });
      return allOf([file, ...back]);
    },
  },
  {
    id: 'nested',
    fault: 'nothing: a nested device, whose upstream is its parent',
    async plant(edge) {
      const { gateway } = edge.engine.edge;
      const parent = 'parent.plant.example.com';
      edge.site.dns.names.set(parent, [gateway]);
      edge.hub.faults.present('edge', await edge.pki.server([parent, gateway]));
      const named = await edit(edge, 'etc/aziot/identityd/config.d/00-super.toml', (text) =>
        text.replace('[provisioning]', `[provisioning]\nlocal_gateway_hostname = "${parent}"`),
      );
      await edge.restartModule({ IOTEDGE_PARENTHOSTNAME: parent });
      return allOf([
        () => edge.restartModule(),
        async () => void edge.site.dns.names.delete(parent),
        async () => edge.hub.faults.present('edge'),
        named,
      ]);
    },
  },
  {
    id: 'host-access-off',
    fault: 'nothing: the owner does not allow a look at the host',
    async plant({ hub, moduleId }) {
      hub.patchDesired(moduleId, { policy: { hostAccess: false } });
      return async () => hub.patchDesired(moduleId, { policy: { hostAccess: null } });
    },
  },
];
