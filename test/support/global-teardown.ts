import type { Shared } from './global-setup.ts';

/** Stops the tests' engine with everything in it. */
export default async function globalTeardown(): Promise<void> {
  await (globalThis as Shared).edgeSupportTestEngine?.stop();
}
