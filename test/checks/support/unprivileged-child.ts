import { runChecks } from '../../../module/checks/index.ts';
import { worldWith } from '../../facts/support/world.ts';

/*
 * Runs checks over a device's files, as somebody who may not read everything: `node unprivileged-child.ts ROOT ID…`
 * prints their results as JSON. Root becomes nobody first, since no file is unreadable to root.
 */

const [root = '', ...checks] = process.argv.slice(2);
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setegid?.(65534);
  process.seteuid?.(65534);
}
const world = worldWith({ host: { root, origin: root, missing: [] } });
const { results } = await runChecks({ world, select: { checks } });
process.stdout.write(JSON.stringify(results));
