/**
 * Runs Jest with the flags that ES modules need: `node scripts/jest.ts unit engine -- [Jest's own arguments]`.
 * The names before `--` are projects of jest.config.js.
 */
import { spawnSync } from 'node:child_process';

const split = process.argv.indexOf('--');
const projects = process.argv.slice(2, split === -1 ? undefined : split);
const rest = split === -1 ? [] : process.argv.slice(split + 1);

const { status, signal, error } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    ...rest,
    '--selectProjects',
    ...projects,
  ],
  { stdio: 'inherit', cwd: `${import.meta.dirname}/..` },
);
if (error) throw error;
if (signal) console.error(`Jest was ended by ${signal}.`);
process.exitCode = status ?? 1;
