import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { delimiter, join } from 'node:path';

/** Debian package → what the local IoT Edge uses of it: programs, or files by their path. */
const needs = {
  'docker.io': ['dockerd', 'containerd', 'runc'],
  iproute2: ['ip'],
  'util-linux': ['unshare'],
  iptables: ['iptables'],
  'busybox-static': ['busybox'],
  'squid-openssl': ['squid', '/usr/lib/squid/security_file_certgen'],
  systemd: ['journalctl'],
  chromium: ['/usr/bin/chromium'],
  'systemd-journal-remote': ['/lib/systemd/systemd-journal-remote'],
  'ca-certificates': ['/etc/ssl/certs/ca-certificates.crt'],
};
/** The same, for running containers for arm64 on another processor. */
const needsForArm64 = {
  'qemu-user-static': ['/usr/lib/binfmt.d/qemu-aarch64.conf'],
  'libc6-arm64-cross': ['/usr/aarch64-linux-gnu/lib/libc.so.6'],
  'libstdc++6-arm64-cross': ['/usr/aarch64-linux-gnu/lib/libstdc++.so.6'],
  'libgcc-s1-arm64-cross': ['/usr/aarch64-linux-gnu/lib/libgcc_s.so.1'],
  'libatomic1-arm64-cross': ['/usr/aarch64-linux-gnu/lib/libatomic.so.1'],
};

/** What Ubuntu has as a snap only, which apt cannot install; a test and the README's picture use it, no engine does. */
const debianOnly = ['chromium'];

/** An engine that already runs makes all the others unnecessary: the images are made from busybox. */
const neededWithEngine = ['busybox-static'];

const folders = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`.split(delimiter);
const present = (name) => (name.startsWith('/') ? existsSync(name) : folders.some((at) => existsSync(join(at, name))));

/**
 * What this machine lacks for a local Docker engine: packages that root can install here on Debian and Ubuntu, or a
 * sentence that says what to do. `undefined` when nothing is missing.
 */
export async function missingForEngine() {
  const missing = Object.keys(needs)
    .filter((name) => !debianOnly.includes(name) || !isUbuntu())
    .filter((name) => !needs[name].every(present));
  const root = process.getuid?.() === 0;
  if (root && missing.length === 0) return undefined;
  if (root && existsSync('/etc/debian_version') && present('apt-get')) return { packages: missing };
  const address = process.env.DOCKER_HOST || 'unix:///var/run/docker.sock';
  const reachable = await answers(address);
  const lacking = reachable ? missing.filter((name) => neededWithEngine.includes(name)) : Object.keys(needs);
  if (lacking.length === 0) return undefined;
  const install = `install what Debian and Ubuntu call ${lacking.join(' ')}`;
  return {
    advice: reachable
      ? `The local IoT Edge makes its images from busybox: ${install}.`
      : `The local IoT Edge needs a Docker engine. There is none at ${address} that this user may use. ` +
        `Either run as root after you ${install}, or give this user an engine (DOCKER_HOST) and busybox.`,
  };
}

function isUbuntu() {
  try {
    return /^ID=["']?ubuntu\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** The packages that are missing for containers for arm64; `undefined` where they cannot be installed from here. */
export function missingForArm64() {
  const missing = Object.keys(needsForArm64).filter((name) => !needsForArm64[name].every(present));
  const installable = process.getuid?.() === 0 && existsSync('/etc/debian_version') && present('apt-get');
  return missing.length === 0 || installable ? missing : undefined;
}

/** Whether a Docker engine answers at a `unix://` address within 3 s. */
function answers(address) {
  if (!address.startsWith('unix://')) return false;
  const options = { socketPath: address.slice('unix://'.length), path: '/_ping', signal: AbortSignal.timeout(3000) };
  return new Promise((resolve) => {
    const asked = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false)).end();
  });
}
