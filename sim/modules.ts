import { type Engine, ownerLabel, simLabel } from './engine.ts';

/**
 * The device's modules as edged's `GET /modules` lists them (ModuleDetails). Created, paused and restarting count as
 * stopped; exited as stopped when the code was 0, else as failed.
 */
export async function listModules(engine: Engine): Promise<unknown[]> {
  const label = [ownerLabel, `${simLabel}=${engine.runId}`];
  const found = await engine.docker.listContainers({ all: true, filters: { label } });
  return Promise.all(
    found.map(async ({ Id }) => {
      const { Name, Image, Config, State } = await engine.docker.getContainer(Id).inspect();
      const ended = State.Status === 'exited';
      return {
        id: 'id',
        name: Name.replace(/^\//, ''),
        type: 'docker',
        config: {
          settings: { image: Config.Image, imageHash: Image, createOptions: { Labels: Config.Labels } },
          env: [],
        },
        status: {
          startTime: State.StartedAt,
          ...(ended ? { exitStatus: { exitTime: State.FinishedAt, statusCode: String(State.ExitCode) } } : {}),
          runtimeStatus: { status: runtimeStatus(State.Status, State.ExitCode) },
        },
      };
    }),
  );
}

function runtimeStatus(status: string, exitCode: number): string {
  if (status === 'running' || status === 'dead') return status;
  if (status === 'exited' || status === 'removing') return exitCode === 0 ? 'stopped' : 'failed';
  return ['created', 'paused', 'restarting'].includes(status) ? 'stopped' : 'unknown';
}
