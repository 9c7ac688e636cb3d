import type { Daemon } from '../facts/daemon-config.ts';
import type { Reading } from '../facts/fact.ts';
import type { HostSocketsReading } from '../facts/host-sockets.ts';
import { skippedFor, type Verdict } from './check.ts';

/**
 * Judges whether a daemon's socket listens. The original connects to it, which makes systemd start a daemon that is
 * stopped; here the kernel's list is read, so nothing is started. Either way ok means that systemd or the daemon
 * listens, not that it is healthy.
 */
export function judgeDaemon(daemon: Daemon, sockets: Reading<HostSocketsReading>): Verdict {
  if ('unavailable' in sockets) return skippedFor(sockets);
  const path = socketOf(daemon);
  const info = { socket: path, listening: sockets.value.unix.includes(path) };
  if (info.listening) return { status: 'ok', info };
  return {
    status: 'failed',
    details: [`Could not connect to ${daemon} on unix://${path}`, `Nothing listens on ${path}.`],
    fix:
      `See on the device with 'systemctl status aziot-${daemon}.socket aziot-${daemon}.service' why; ` +
      `'systemctl start aziot-${daemon}.socket' lets it answer again.`,
    info,
  };
}

/** Where a daemon of the identity service listens. */
const socketOf = (daemon: Daemon) => `/run/aziot/${daemon}.sock`;
