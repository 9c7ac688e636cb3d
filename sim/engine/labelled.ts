import type Docker from 'dockerode';

/** Removes the containers with the label (`name` or `name=value`), and their anonymous volumes. */
async function removeContainers(docker: Docker, label: string): Promise<void> {
  const found = await docker.listContainers({ all: true, filters: { label: [label] } });
  await Promise.all(found.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }).catch(gone)));
}

/** Removes the containers and volumes with the label. */
export async function removeContents(docker: Docker, label: string): Promise<void> {
  await removeContainers(docker, label);
  const { Volumes } = await docker.listVolumes({ filters: { label: [label] } });
  for (const { Name } of Volumes ?? []) await docker.getVolume(Name).remove().catch(gone);
}

/** Removes the containers, volumes and networks with the label. */
export async function removeLabelled(docker: Docker, label: string): Promise<void> {
  await removeContents(docker, label);
  for (const { Id } of await docker.listNetworks({ filters: { label: [label] } })) {
    await docker.getNetwork(Id).remove().catch(gone);
  }
}

/** Removes the images with the label; one that a container of somebody else uses stays. */
export async function removeImages(docker: Docker, label: string): Promise<void> {
  for (const { Id } of await docker.listImages({ filters: { label: [label] } })) {
    await docker.getImage(Id).remove().catch(gone);
  }
}

/** 404: gone already. 409: in use, or somebody else is removing it. */
function gone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
}
