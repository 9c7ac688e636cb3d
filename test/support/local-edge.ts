import { type LocalEdge, type LocalEdgeOptions, startLocalEdge } from '../../sim/edge.ts';
import { adoptEngine, type Engine, type EngineFacts } from '../../sim/engine.ts';

/** The engine that Jest's global set-up started for this run. */
export function testEngine(): Engine {
  const facts = process.env.EDGE_SUPPORT_TEST_ENGINE_FACTS;
  if (!facts) throw new Error('No test engine: run the tests through Jest, whose global set-up starts one.');
  return adoptEngine(JSON.parse(facts) as EngineFacts);
}

/** A local IoT Edge on the tests' engine; only one at a time, because names and addresses are a device's. */
export function startTestEdge(options: Omit<LocalEdgeOptions, 'engine'> = {}): Promise<LocalEdge> {
  return startLocalEdge({ ...options, engine: testEngine() });
}
