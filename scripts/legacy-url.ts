import type { Plugin } from 'esbuild';

/**
 * Lets packages go on using url.parse() without a warning. Node warns of it (DEP0169) except where the caller lies in
 * node_modules, which a bundle no longer shows. Ours stays on Node's own.
 */
export const legacyUrl: Plugin = {
  name: 'legacy-url',
  setup(build) {
    build.onResolve({ filter: /^(node:)?url$/ }, ({ importer }) =>
      /[\\/]node_modules[\\/]/.test(importer) ? { path: 'url', namespace: 'legacy-url' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'legacy-url' }, () => ({ contents: parseWithoutWarning, loader: 'js' }));
  },
};

/** What Node's url.parse() does after its warning. */
const parseWithoutWarning = `
const url = require('node:url');
module.exports = {
  ...url,
  parse(input, parseQueryString, slashesDenoteHost) {
    if (input instanceof url.Url) return input;
    const parsed = new url.Url();
    parsed.parse(input, parseQueryString, slashesDenoteHost);
    return parsed;
  },
};`;
