import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** The addresses of one private engine: a block of 4096, so that several engines run side by side. */
export interface Block {
  readonly index: number;
  /** Interface name and address of the default bridge. */
  readonly bridge: { readonly name: string; readonly cidr: string };
  readonly edge: NetworkPlan;
  readonly uplink: NetworkPlan;
  /** From here the engine takes the subnets of further networks. */
  readonly pool: string;
}

export interface NetworkPlan {
  readonly bridgeName: string;
  readonly subnet: string;
  readonly gateway: string;
}

const blocks = 48;

/** The blocks below 10.213.0.0, .214 and .215 that no interface and no route of this machine overlaps. */
export async function freeBlocks(): Promise<Block[]> {
  const taken = [...interfaceRanges(), ...(await routeRanges())];
  const all = Array.from({ length: blocks }, (_, index) => block(index));
  return all.filter(({ range }) => !taken.some((other) => other.first <= range.last && range.first <= other.last));
}

function block(index: number): Block & { range: Range } {
  const second = 213 + Math.floor(index / 16);
  const third = (index % 16) * 16;
  const prefix = (add: number) => `10.${second}.${third + add}`;
  const plan = (name: string, add: number): NetworkPlan => ({
    bridgeName: `edgesim${index}${name}`,
    subnet: `${prefix(add)}.0/24`,
    gateway: `${prefix(add)}.1`,
  });
  return {
    index,
    bridge: { name: `edgesim${index}d`, cidr: `${prefix(0)}.1/24` },
    edge: plan('e', 1),
    uplink: plan('u', 2),
    pool: `${prefix(8)}.0/21`,
    range: range(`${prefix(0)}.0`, 20),
  };
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function interfaceRanges(): Range[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === 'IPv4')
    .map((address) => range(address.address, bits(address.netmask)));
}

/** Routes as little-endian hexadecimal numbers. The default route overlaps everything and says nothing. */
async function routeRanges(): Promise<Range[]> {
  const lines = (await readFile('/proc/net/route', 'utf8')).trim().split('\n').slice(1);
  return lines
    .map((line) => line.split('\t'))
    .filter((fields) => fields[7] !== '00000000')
    .map((fields) => range(fromHex(fields[1] ?? ''), bits(fromHex(fields[7] ?? ''))));
}

function range(address: string, prefix: number): Range {
  const size = 2 ** (32 - prefix);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1 };
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function bits(netmask: string): number {
  return toNumber(netmask).toString(2).replaceAll('0', '').length;
}

function fromHex(little: string): string {
  return [...Buffer.from(little, 'hex')].reverse().join('.');
}
