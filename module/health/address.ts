/**
 * The socket's path as Node takes it: an address that begins with `@`, as ss(8) and systemd write it, is one of Linux'
 * abstract namespace (unix(7)), which is a name and no file; others are paths.
 */
export const socketPath = (address: string): string => (address.startsWith('@') ? `\0${address.slice(1)}` : address);
