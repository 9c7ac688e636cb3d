import { messageOf, SupportError } from './base/errors.ts';
import type { Docker } from './docker/docker.ts';
import { type FactName, readFacts } from './facts/index.ts';
import type { ProbeRequest } from './facts/probes.ts';

/*
 * The program of helper containers: reads facts where it runs. Its request comes as JSON on stdin, its readings go as
 * JSON to stdout.
 */

/** A request larger than this is none; characters. */
const largestRequest = 4 << 20;

const unreachable = async (): Promise<never> => {
  throw new SupportError('unavailable', 'There is no container engine in a helper container.');
};

const noEngine: Docker = {
  address: 'none',
  version: unreachable,
  info: unreachable,
  modules: unreachable,
  inspect: unreachable,
  logs: unreachable,
  restart: unreachable,
  networks: unreachable,
  network: unreachable,
  distribution: unreachable,
  helper: unreachable,
  removeHelpers: unreachable,
};

async function readRequest(): Promise<ProbeRequest> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const part of process.stdin) {
    text += part;
    if (text.length > largestRequest) throw new Error('the request is too large');
  }
  return JSON.parse(text) as ProbeRequest;
}

try {
  const { names, env, targets, host, limitMs } = await readRequest();
  const world = { docker: noEngine, env, targets, now: () => new Date(), ...(host ? { host } : {}) };
  const readings = await readFacts(names as readonly FactName[], world, { limitMs });
  process.stdout.write(JSON.stringify(readings), () => process.exit(0));
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`, () => process.exit(1));
}
