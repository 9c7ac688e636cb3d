import type { Collector, Entry } from './collector.ts';
import { textBody } from './json.ts';
import { readFor } from './reading.ts';

export const hostConfig: Collector = {
  id: 'config',
  about: "IoT Edge's configuration files, secrets hidden.",
  timeoutSecs: 30,
  maxBytes: 1 << 20,
  usualBytes: 500,
  async entries(context, signal) {
    const { hostConfigFiles } = await readFor(context, ['hostConfigFiles'], 20_000, signal);
    const { files, problems } = hostConfigFiles;
    return [
      ...Object.entries(files).map(
        ([path, text]): Entry => ({ name: nameOf(path), open: (_, notes) => textBody(text, context, notes) }),
      ),
      ...Object.entries(problems).map(
        ([path, why]): Entry => ({ name: nameOf(path), open: () => Promise.reject(new Error(why)) }),
      ),
    ];
  },
};

/** `/etc/aziot/certd/config.d/00-super.toml` is `config/certd/config.d/00-super.toml` in the bundle. */
const nameOf = (path: string) => path.replace(/^\/etc\/aziot\//, 'config/');
