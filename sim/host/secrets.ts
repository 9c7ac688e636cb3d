/** Secrets planted in the host's files; none of them may ever leave the device. */
export const hostSecrets = {
  deviceKey: 'cGxhbnRlZC1kZXZpY2Uta2V5LWluLWNvbmZpZy10b21sLTEyMzQ=',
  registryPassword: 'planted-agent-registry-password',
  proxyPassword: 'planted-daemon-proxy-password',
} as const;
