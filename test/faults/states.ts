import { configurationStates } from './states/configuration.ts';
import { hostStates } from './states/host.ts';
import { moduleStates } from './states/modules.ts';
import { networkStates } from './states/network.ts';

export { healthyStates } from './states/healthy.ts';

/** Every faulty state, each with one planted fault. */
export const faultyStates = [...configurationStates, ...hostStates, ...networkStates, ...moduleStates];
