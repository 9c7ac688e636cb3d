import { readFile, writeFile } from 'node:fs/promises';
import { neededFor } from '../support/socket-proxy.ts';
import type { Came } from './calls.ts';

/*
 * docs/engine-api.md, made from what the tests of the modes have seen.
 */

const file = new URL('../../docs/engine-api.md', import.meta.url);

/** Why each is asked for. What is not here the module must not ask for. */
const whys: Readonly<Record<string, string>> = {
  'GET /version': 'which API both sides know (once), whether the engine answers, its version',
  'GET /info': 'where the engine keeps its data, its log driver, proxy, clock and system',
  'GET /containers/json': 'which modules there are; helper containers that a crash left behind',
  'GET /containers/{name}/json': 'how a module is set up and how it is; this module’s own image',
  'GET /containers/{name}/logs': 'logs, where the engine’s files are not bound (setting `EDGE_SUPPORT_ENGINE_LOGS`)',
  'GET /containers/{name}/stats': 'memory and processor',
  'GET /events': 'starts and ends of modules',
  'GET /networks': 'which networks there are',
  'GET /networks/{name}': 'how a network is set up',
  'GET /images/json': 'which images there are',
  'GET /images/{name}/json': 'whether an image’s name stands for another image by now',
  'GET /distribution/{name}/json': 'whether the registry has edgeAgent’s image; the engine asks, nothing is pulled',
  'GET /system/df': 'the room that everything takes',
  'POST /containers/create': 'helper containers, with our label `edge-support.helper`',
  'POST /containers/{name}/attach': 'helper containers: the request in, the readings out',
  'POST /containers/{name}/start': 'helper containers',
  'POST /containers/{name}/wait': 'helper containers: how one ended',
  'DELETE /containers/{name}':
    'helper containers; containers of IoT Edge that it makes anew, ended ones that are not its (`policy.destructiveMethods`)',
  'POST /containers/{name}/restart': 'restarts of modules',
  'POST /containers/{name}/stop': 'before a container of IoT Edge is removed (`policy.destructiveMethods`)',
  'DELETE /images/{name}': 'unused images (`policy.destructiveMethods`)',
  'DELETE /networks/{name}': 'unused networks (`policy.destructiveMethods`)',
  'DELETE /volumes/{name}': 'unused volumes that the request names (`policy.destructiveMethods`)',
  'POST /build/prune': 'unused build cache (`policy.destructiveMethods`)',
};

/** Who asks for each. `asked` is by method, and by what else asks. */
export function endpointTable(asked: ReadonlyMap<string, readonly string[]>): string {
  const all = [...new Set([...asked.values()].flat())];
  expect(all.filter((endpoint) => whys[endpoint] === undefined)).toEqual([]);
  const rows = Object.entries(whys).map(([endpoint, why]) => {
    const [method = '', path = ''] = endpoint.split(' ');
    const needs = neededFor(method, path).map((name) => `\`${name}\``);
    const by = [...asked].filter(([, own]) => own.includes(endpoint)).map(([name]) => name);
    return `| \`${endpoint}\` | ${why} | ${by.join(', ')} | ${needs.join(' ')} |`;
  });
  return ['| request | for | asked by | docker-socket-proxy |', '|---|---|---|---|', ...rows].join('\n');
}

/** What is in a sentence that tells a privilege which is not there. */
const lack =
  /(a proxy in front of the container engine forbids "|Looking at the host is not allowed|the container engine at \S+ cannot be reached).*$/;

/** The sentences of an answer that tell what is lacking, each once. */
function lacksIn(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value === 'string') {
    for (const line of value.split('\n')) {
      // Several modules, one reason.
      const [text] = lack.exec(line) ?? [];
      if (text !== undefined) found.add(general(text.split(/; (?=\w+: )/)[0] ?? ''));
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) lacksIn(one, found);
  }
  return found;
}

/** Without what is of this run. */
const general = (text: string) =>
  text
    .replaceAll(/[0-9a-f]{64}/g, '{id}')
    .replaceAll(/(unix|http):\/\/\S+?(?= )/g, '$1://…')
    .replace(
      /(?<=(?:allow that request there|HostConfig\.\w+\)|engine running|EDGE_SUPPORT_HOST_ACCESS\))[.?]).*$/,
      '',
    );

const statusOf = ({ status, task }: Came) => `${status}${task ? ` ${task.status}` : ''}`;

/** What of a mode differs from how it is with all privileges; `before` and `now` by method. */
export function modeTable(
  before: ReadonlyMap<string, readonly Came[]>,
  now: ReadonlyMap<string, readonly Came[]>,
): string {
  const same: string[] = [];
  const rows: string[] = [];
  for (const [method, came] of now) {
    const lacks = new Set(came.flatMap((one) => [...lacksIn(one)]));
    const usual = (before.get(method) ?? []).map(statusOf).join(', ');
    const statuses = came.map(statusOf).join(', ');
    // What is refused says why.
    if (statuses !== usual) expect({ method, came, lacks: lacks.size }).not.toMatchObject({ lacks: 0 });
    if (lacks.size === 0) same.push(method);
    else rows.push(`| ${method} | ${statuses} | ${[...lacks].join('<br>')} |`);
  }
  return [
    `As ever: ${same.join(', ')}.`,
    '',
    '| method | answer | what it says is lacking |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

/** Compares the named part of the document, or writes it. */
export async function expectDocumented(part: string, wanted: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const begin = `<!-- ${part}: made by the tests, UPDATE_DOCS=1 writes it -->\n`;
  const end = `\n<!-- end of ${part} -->`;
  const [before, rest = ''] = text.split(begin);
  const whole = `${before}${begin}\n${wanted}\n${rest.slice(rest.indexOf(end))}`;
  if (process.env.UPDATE_DOCS === '1') await writeFile(file, whole);
  else expect(text).toBe(whole);
}
