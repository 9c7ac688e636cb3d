import type { Plugin } from 'esbuild';

/** Packages that are not needed at rest: each is a file of its own beside the bundle, read only when it is imported. */
export const loadedLater: Readonly<Record<string, { readonly file: string; readonly exports: readonly string[] }>> = {
  // Only where `storage.accountUrl` is set.
  '@azure/identity': { file: 'azure-identity.js', exports: ['DefaultAzureCredential'] },
  '@azure/storage-blob': {
    file: 'storage-blob.js',
    exports: ['ContainerClient', 'newPipeline', 'StorageSharedKeyCredential'],
  },
  archiver: { file: 'archiver.js', exports: ['ZipArchive'] },
};

/** Leaves the imports of these packages to the running program: 3 MB less at rest for the first, 4 MB for the other two. */
export const loadLater: Plugin = {
  name: 'load-later',
  setup(build) {
    build.onResolve({ filter: /^[@a-z]/ }, ({ path }) => {
      const later = loadedLater[path];
      return later && { path: `./${later.file}`, external: true };
    });
  },
};
