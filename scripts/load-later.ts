import type { Plugin } from 'esbuild';

/** Packages that few devices use: each is a file of its own beside the bundle, read only when it is imported. */
export const loadedLater: Readonly<Record<string, { readonly file: string; readonly exports: readonly string[] }>> = {
  // A bundle with it in takes 3 MB more memory at rest, although it is imported only where `storage.accountUrl` is set.
  '@azure/identity': { file: 'azure-identity.js', exports: ['DefaultAzureCredential'] },
};

/** Leaves the imports of these packages to the running program. */
export const loadLater: Plugin = {
  name: 'load-later',
  setup(build) {
    build.onResolve({ filter: /^@azure\/identity$/ }, ({ path }) => ({
      path: `./${loadedLater[path]?.file}`,
      external: true,
    }));
  },
};
