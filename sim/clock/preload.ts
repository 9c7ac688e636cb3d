/*
 * Loaded with --import before a program's own code: shifts the wall clock of the process by the milliseconds that stand
 * in the file EDGE_SIM_CLOCK, as a step of NTP does. The monotonic clock, and so every timer, goes on undisturbed.
 *
 * It shifts what JavaScript sees; OpenSSL's judgement of certificates and the times of files are the kernel's.
 */
import { readFileSync } from 'node:fs';

const file = process.env['EDGE_SIM_CLOCK'] ?? '';
const TrueDate = Date;
const trueNow = Date.now;
const readEveryMs = 20;

let offset = 0;
let readAt = Number.NEGATIVE_INFINITY;

function now(): number {
  if (performance.now() - readAt >= readEveryMs) {
    readAt = performance.now();
    try {
      offset = Number(readFileSync(file, 'utf8'));
    } catch {
      // The file is replaced while it is read, or gone: what was read last holds.
    }
  }
  return trueNow() + offset;
}

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new TrueDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
// So that instances name the shifted clock as their constructor too.
TrueDate.prototype.constructor = globalThis.Date;
