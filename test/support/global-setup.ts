import { type Engine, engineFacts, startEngine } from '../../sim/engine.ts';

/** Jest keeps no value between its two global hooks but what stands here. */
export interface Shared {
  edgeSupportTestEngine?: Engine;
}

/**
 * Starts the engine that all engine tests of this run use, and tells them its address. A machine without an engine
 * fails here with one sentence: no test is skipped.
 */
export default async function globalSetup(): Promise<void> {
  const engine = await startEngine({ log: (line) => console.log(`tests: ${line}`) });
  (globalThis as Shared).edgeSupportTestEngine = engine;
  process.env.EDGE_SUPPORT_TEST_ENGINE = engine.dockerHost;
  process.env.EDGE_SUPPORT_TEST_ENGINE_FACTS = JSON.stringify(engineFacts(engine));
}
