import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { closedPort } from '../facts/support/servers.ts';

const run = promisify(execFile);

/** A certificate authority of a company's proxy, in PEM. */
export interface Authority {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Makes a self-signed authority called `CN=Corp Proxy CA`, with OpenSSL. */
export async function createAuthority(): Promise<Authority> {
  const dir = await mkdtemp(join(tmpdir(), 'edge-support-authority-'));
  try {
    const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'certificate.pem')];
    const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=Corp Proxy CA'];
    await run('openssl', [...make, '-keyout', key, '-out', certificate]);
    return { certificate: await readFile(certificate, 'utf8'), privateKey: await readFile(key, 'utf8') };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export interface SquidOptions {
  /** Inspects TLS with certificates that this authority signs. `upstreamRoot` is what squid itself trusts. */
  readonly inspect?: { readonly authority: Authority; readonly upstreamRoot: string };
  /** Passes WebSocket upgrades through an inspected connection; squid takes them out unless it is told to. */
  readonly webSockets?: boolean;
  /** Ports that CONNECT is refused for. */
  readonly refusedPorts?: readonly number[];
}

export interface Squid extends AsyncDisposable {
  readonly port: number;
  /** What it logged of its requests. */
  log(): Promise<string>;
}

/** Starts squid (Debian package squid-openssl) on a loopback port, with a configuration and folders of its own. */
export async function startSquid(options: SquidOptions = {}): Promise<Squid> {
  const dir = await mkdtemp(join(tmpdir(), 'edge-support-squid-'));
  const port = await closedPort();
  try {
    // As root squid becomes the user proxy, who must get at its files.
    await chmod(dir, 0o777);
    if (options.inspect) await prepareInspection(dir, options.inspect);
    await writeFile(join(dir, 'squid.conf'), configuration(dir, port, options));
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  const child = spawn('/usr/sbin/squid', ['-N', '-n', `es${port}`, '-f', join(dir, 'squid.conf')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += String(part)));
  const ended = once(child, 'exit').catch((error: Error) => (output += error.message));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  if (!(await answers(port, () => child.exitCode === null))) {
    await stop();
    throw new Error(`squid did not start: ${output}`);
  }
  return { port, log: () => readFile(join(dir, 'access.log'), 'utf8'), [Symbol.asyncDispose]: stop };
}

async function prepareInspection(dir: string, { authority, upstreamRoot }: NonNullable<SquidOptions['inspect']>) {
  await writeFile(join(dir, 'authority.pem'), `${authority.certificate}\n${authority.privateKey}\n`);
  await writeFile(join(dir, 'upstream.pem'), upstreamRoot);
  await run('/usr/lib/squid/security_file_certgen', ['-c', '-s', join(dir, 'issued'), '-M', '4MB']);
  await run('chmod', ['-R', 'a+rwX', dir]);
}

function configuration(dir: string, port: number, { inspect, webSockets, refusedPorts = [] }: SquidOptions): string {
  const listen = inspect
    ? `127.0.0.1:${port} ssl-bump generate-host-certificates=on tls-cert=${dir}/authority.pem`
    : `127.0.0.1:${port}`;
  return [
    `http_port ${listen}`,
    ...(refusedPorts.length > 0 ? [`acl refused port ${refusedPorts.join(' ')}`, 'http_access deny refused'] : []),
    'http_access allow all',
    ...(inspect
      ? [
          `sslcrtd_program /usr/lib/squid/security_file_certgen -s ${dir}/issued -M 4MB`,
          'sslcrtd_children 1',
          'ssl_bump bump all',
          `tls_outgoing_options cafile=${dir}/upstream.pem`,
        ]
      : []),
    ...(webSockets ? ['http_upgrade_request_protocols websocket allow all'] : []),
    'cache deny all',
    `access_log stdio:${dir}/access.log`,
    `cache_log ${dir}/cache.log`,
    `pid_filename ${dir}/squid.pid`,
    `coredump_dir ${dir}`,
    'visible_hostname proxy.example',
    'pinger_enable off',
    'shutdown_lifetime 1 seconds',
    '',
  ].join('\n');
}

/** Waits until it takes connections, at most 10 s, as long as it runs. */
async function answers(port: number, runs: () => boolean): Promise<boolean> {
  for (const until = performance.now() + 10_000; runs() && performance.now() < until; await sleep(50)) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return true;
  }
  return false;
}
