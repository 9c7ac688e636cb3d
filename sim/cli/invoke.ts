import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { createService } from '../service.ts';
import { readFacts } from './facts.ts';

const usage = `Usage: npm run invoke -- METHOD [PAYLOAD_JSON] [--timeout SECS] [--sas]

Invokes a direct method of the module in the local IoT Edge that \`npm run sim\` runs, and prints its answer.
  --timeout SECS  how long the hub waits for the answer, 5 to 300 (default 30)
  --sas           puts the SAS URL of the simulated Blob Storage into the payload as sasUrl
Exit code: 0 for a status below 300, 1 for another status or a refusal of the hub, 2 for wrong usage.`;

interface Order {
  readonly method: string;
  readonly payload: unknown;
  readonly timeoutSecs: number;
  readonly sas: boolean;
}

function parse(args: string[]): Order {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { timeout: { type: 'string', default: '30' }, sas: { type: 'boolean', default: false } },
  });
  const [method, payload = '{}', ...rest] = positionals;
  const timeoutSecs = Number(values.timeout);
  if (!method || rest.length > 0) throw new Error('Expected a method name and at most one payload.');
  if (!Number.isInteger(timeoutSecs) || timeoutSecs < 5 || timeoutSecs > 300) {
    throw new Error(`--timeout must be a whole number from 5 to 300, got ${values.timeout}.`);
  }
  try {
    return { method, payload: JSON.parse(payload), timeoutSecs, sas: values.sas };
  } catch {
    throw new Error(`The payload is not JSON: ${payload}`);
  }
}

async function invoke(order: Order): Promise<number> {
  const facts = await readFacts(join(import.meta.dirname, '..', '..'));
  const payload = order.sas ? { ...(order.payload as object), sasUrl: facts.containerSasUrl } : order.payload;
  const service = createService({ connectionString: facts.serviceConnectionString, ...facts });
  try {
    const answer = await service.invoke(facts.moduleId, order.method, payload, { timeoutSecs: order.timeoutSecs });
    console.log(JSON.stringify(answer, null, 2));
    return answer.status < 300 ? 0 : 1;
  } finally {
    service.close();
  }
}

function fail(code: number, text: string): void {
  console.error(text);
  process.exitCode = code;
}

try {
  const order = parse(process.argv.slice(2));
  process.exitCode = await invoke(order).catch((error: Error) => {
    console.error(error.message);
    return 1;
  });
} catch (error) {
  fail(2, `${(error as Error).message}\n\n${usage}`);
}
