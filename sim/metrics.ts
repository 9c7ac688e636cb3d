import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The metrics that edgeAgent and edgeHub serve on port 9600, as Prometheus text. */
export interface Metrics {
  /** The folder that each one's container serves. */
  readonly folders: { readonly edgeAgent: string; readonly edgeHub: string };
  /** Sets a value from now on: by the metric's name with its labels. A name that is not there yet is added. */
  set(module: 'edgeAgent' | 'edgeHub', metric: string, value: number): Promise<void>;
}

export interface MetricsOptions {
  readonly dir: string;
  readonly deviceId: string;
  readonly hubHostName: string;
}

/** Writes metrics of a device that has nothing to complain of. Names are those of "Access built-in metrics". */
export async function createMetrics({ dir, deviceId, hubHostName }: MetricsOptions): Promise<Metrics> {
  const folders = { edgeAgent: join(dir, 'edgeAgent'), edgeHub: join(dir, 'edgeHub') };
  const common = `iothub="${hubHostName}",edge_device="${deviceId}",instance_number="7d5a0f5b-4c1e-4c08-a3d9-3d9e6c5b2a10"`;
  const values = { edgeAgent: agentMetrics(common), edgeHub: hubMetrics(common) };
  const write = async (module: 'edgeAgent' | 'edgeHub') => {
    const file = join(folders[module], 'metrics');
    const lines = [...values[module]].map(([metric, value]) => `${metric} ${value}\n`);
    await writeFile(`${file}.new`, lines.join(''));
    await rename(`${file}.new`, file);
  };
  for (const module of ['edgeAgent', 'edgeHub'] as const) {
    await mkdir(folders[module], { recursive: true });
    await write(module);
  }
  return {
    folders,
    async set(module, metric, value) {
      const [name = '', labels = ''] = metric.split(/\{|\}/);
      values[module].set(`${name}{${[common, labels].filter(Boolean).join(',')}}`, value);
      await write(module);
    },
  };
}

/** How many messages wait for the hub; the labels are the common ones and these. */
export const upstreamQueue = 'edgehub_queue_length{endpoint="iothub",priority="2000000000"}';

function hubMetrics(common: string): Map<string, number> {
  const sensor = 'edge-device-1/SimulatedTemperatureSensor';
  return new Map([
    [`edgehub_queue_length{${common},endpoint="iothub",priority="2000000000"}`, 0],
    [`edgehub_messages_received_total{${common},route_output="temperatureOutput",id="${sensor}"}`, 500],
    [
      `edgehub_messages_sent_total{${common},from="${sensor}",to="upstream",from_route_output="temperatureOutput",to_route_input="",priority="2000000000"}`,
      500,
    ],
    [`edgehub_messages_dropped_total{${common},reason="ttl_expiry",from="${sensor}",from_route_output=""}`, 0],
    [`edgehub_messages_unack_total{${common},reason="storage_failure",from="${sensor}",from_route_output=""}`, 0],
    [`edgehub_offline_count_total{${common},id="upstream"}`, 0],
    [`edgehub_client_connect_failed_total{${common},id="${sensor}",reason="not_authenticated"}`, 0],
    [`edgehub_reported_properties_total{${common},target="upstream",id="${sensor}"}`, 3],
  ]);
}

function agentMetrics(common: string): Map<string, number> {
  return new Map([
    [`edgeAgent_iothub_syncs_total{${common}}`, 12],
    [`edgeAgent_unsuccessful_iothub_syncs_total{${common}}`, 0],
    [`edgeAgent_host_uptime_seconds{${common}}`, 86_400],
    [`edgeAgent_iotedged_uptime_seconds{${common}}`, 86_000],
    [`edgeAgent_module_start_total{${common},module_name="edgeHub",module_version="1.0"}`, 1],
    [`edgeAgent_total_time_running_correctly_seconds{${common},module_name="edgeHub"}`, 86_000],
    [`edgeAgent_total_time_expected_running_seconds{${common},module_name="edgeHub"}`, 86_000],
  ]);
}
