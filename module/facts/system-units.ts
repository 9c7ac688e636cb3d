/** The system services whose logs matter: the name by which they are asked for → systemd's names, those of snaps among them. */
export const systemUnits: Readonly<Record<string, readonly string[]>> = {
  'aziot-keyd': ['aziot-keyd', 'snap.azure-iot-identity.keyd'],
  'aziot-certd': ['aziot-certd', 'snap.azure-iot-identity.certd'],
  'aziot-identityd': ['aziot-identityd', 'snap.azure-iot-identity.identityd'],
  'aziot-edged': ['aziot-edged', 'snap.azure-iot-edge.aziot-edged'],
  'aziot-tpmd': ['aziot-tpmd', 'snap.azure-iot-identity.tpmd'],
  docker: ['docker', 'snap.docker.dockerd'],
  containerd: ['containerd'],
};

/** The kernel's messages are asked for like a service's. */
export const kernelUnit = 'kernel';
