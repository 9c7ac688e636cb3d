/** Marks the containers, networks and volumes that we make; the value is the id of the run. */
export const simLabel = 'io.edge-support.sim';

/** Marks the images that we make; the value says of what, or for which platform. Not the label of the run: containers inherit their image's labels. */
export const imageLabel = 'io.edge-support.sim-image';

/** Marks the containers that Edge Agent looks after. */
export const ownerLabel = 'net.azure-devices.edge.owner';

/** Marks the firewall rules that we make. */
export const ruleComment = (runId: string) => `edge-sim-${runId}`;
