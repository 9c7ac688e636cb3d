import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { holdUplink } from '../../sim/uplink.ts';
import { startCompleteEdge } from '../faults/edge.ts';
import type { CompleteEdge } from '../faults/state.ts';
import { taskOf } from '../support/task.ts';

/*
 * docs/troubleshooting.md goes through Microsoft's page. Each of its calls is made here, in its order, as an operator makes
 * them: what comes is what the page's last column says.
 */

const file = join(import.meta.dirname, '../../docs/troubleshooting.md');
let edge: CompleteEdge;
let untended: () => Promise<void>;

beforeAll(async () => {
  edge = await startCompleteEdge();
  await edge.restartModule({ EDGE_SUPPORT_DESTRUCTIVE_METHODS: '*', EDGE_SUPPORT_RESTART_COOLDOWN: '0' });
  await holdUplink(edge.engine);
  // Something that is left over.
  const { docker, runId } = edge.engine;
  const image = await buildWorkloadImage(docker);
  const left = await docker.createContainer({
    name: 'left-over',
    Image: image,
    Cmd: ['true'],
    Labels: { [simLabel]: runId },
  });
  await left.start();
  await left.wait();
  untended = edge.workloads.tend();
}, 120_000);
afterAll(async () => {
  await untended?.();
  await edge?.stop();
}, 30_000);

/** A row with a call: on the device, from afar, what comes. */
const row = /^\| (?<device>.*) \| (?<afar>`(?<method>\w+)` `(?<payload>\{.*?\})`.*?) \|(?<came>.*)\|$/;

/** Fields that are there only when there is something to say. */
const sometimes = ['problems', 'unknown', 'sizesUnknown'];

/** The token of the last dry run. */
let token = '';

async function made(method: string, payload: string): Promise<string> {
  const given = payload
    .replace('"sasUrl":"…"', `"sasUrl":${JSON.stringify(edge.blob.containerSasUrl())}`)
    .replace('"confirm":"…"', `"confirm":"${token}"`);
  const { status, payload: body } = await edge.invoke(method, JSON.parse(given), { timeoutSecs: 60 });
  const answer = body as Record<string, unknown>;
  token = String(answer['confirm'] ?? token);
  if (status !== 200) return `${status}: ${String(answer['message'])}`;
  if (answer['status'] === 'Running') {
    const { status: end, message } = await taskOf(answer, (name, ask) => edge.invoke(name, ask)).finished(120_000);
    return `a task, ${end}${message === '' ? '' : `: ${message}`}`;
  }
  // Lines of modules and of checks differ from device to device.
  const fields = Array.isArray(answer)
    ? Object.keys(answer[0] as object).map((name) => `[].${name}`)
    : Object.keys(answer).filter((name) => !sometimes.includes(name));
  return fields.map((name) => `\`${name}\``).join(', ');
}

test('every call of docs/troubleshooting.md brings what is written there', async () => {
  const text = await readFile(file, 'utf8');
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const { device, afar, method = '', payload = '' } = row.exec(line)?.groups ?? {};
    lines.push(afar === undefined ? line : `| ${device} | ${afar} | ${await made(method, payload)} |`);
  }
  if (process.env['UPDATE_DOCS']) await writeFile(file, lines.join('\n'));
  else expect(lines.join('\n')).toBe(text);
}, 400_000);
