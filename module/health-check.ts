/**
 * The health check of the image: asks the module in this container how it is, says so in one sentence, which `docker
 * inspect` shows, and ends with status 0 (healthy) or 1, as Docker's HEALTHCHECK wants it.
 */
import { readEnvironment } from './config/environment.ts';
import { addressOf } from './health/address.ts';
import { askHealth } from './health/ask.ts';

/** Below the time limit in the Dockerfile, so that the sentence is said. */
const limitMs = 5000;

const address = addressOf(process.env['EDGE_SUPPORT_HEALTH_SOCKET'] ?? '', readEnvironment(process.env).moduleId);
const asked =
  address === ''
    ? Promise.resolve({ healthy: false, text: 'EDGE_SUPPORT_HEALTH_SOCKET is not set.' })
    : askHealth(address, limitMs);
void asked.then(({ healthy, text }) => {
  process.exitCode = healthy ? 0 : 1;
  console.log(text);
});
