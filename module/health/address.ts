/**
 * The socket's path as Node takes it: an address that begins with `@`, as ss(8) and systemd write it, is one of Linux'
 * abstract namespace (unix(7)), which is a name and no file; others are paths.
 */
export const socketPath = (address: string): string => (address.startsWith('@') ? `\0${address.slice(1)}` : address);

/** Characters of an abstract address, its zero byte among them; unix(7). */
const longest = 107;

/**
 * The address of this module, of the one that the image has for all: abstract names are those of a network, and on the host's
 * one module must not answer for another.
 */
export const addressOf = (address: string, moduleId: string): string =>
  address.startsWith('@') && moduleId !== '' ? `${address}.${moduleId}`.slice(0, longest) : address;
