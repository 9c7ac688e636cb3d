import { setTimeout as delay } from 'node:timers/promises';
import type { AimedFault } from '../../sim/blob/aim.ts';
import type { Device } from './device.ts';
import type { Task, TaskAnswer } from './task.ts';

/** A moment in an upload at which the module is killed. */
interface Moment {
  readonly about: string;
  /** Starts an upload and resolves when the moment is near. */
  reach(device: Device): Promise<Task>;
  /** Milliseconds from then on. */
  readonly thenMs: number;
}

interface Draw {
  readonly seed: number;
  readonly count: number;
  /** How long an undisturbed upload takes from the request to its first block. */
  readonly spoolMs: number;
  readonly blocks: number;
}

/** What can have become of the request during which the module is killed. */
const fates: readonly AimedFault[] = ['lost', 'unanswered', 'none'];

/** Random moments of a phase; the same for the same draw. */
export function drawMoments(phase: 'spooling' | 'staging' | 'committing', draw: Draw): Moment[] {
  const random = generator(draw.seed + phase.length);
  return Array.from({ length: draw.count }, () => {
    if (phase === 'spooling') return inSpooling(Math.round(random() * draw.spoolMs));
    const fate = fates[Math.floor(random() * fates.length)] ?? 'none';
    const nth = phase === 'committing' ? 1 : 1 + Math.floor(random() * draw.blocks);
    return atRequest(phase === 'committing' ? 'commit' : 'stage', nth, fate, Math.round(random() * 30));
  });
}

/**
 * Kills the module at this moment of a new upload and starts it again: the bundle must arrive, once and whole. Gives the
 * task's last answer; an error names the moment.
 */
export async function killedAt(device: Device, moment: Moment): Promise<TaskAnswer> {
  try {
    const task = await moment.reach(device);
    await delay(moment.thenMs);
    await device.kill();
    await device.edge.blob.faults.heal();
    await device.startAgain();
    const answer = await task.finished(30_000);
    await device.onlyWholeBundle(answer);
    return answer;
  } catch (error) {
    throw new Error(`Killed ${moment.about}: ${(error as Error).message}`, { cause: error });
  }
}

function inSpooling(afterMs: number): Moment {
  return { about: `${afterMs} ms after the request`, reach: (device) => device.upload(), thenMs: afterMs };
}

function atRequest(kind: 'stage' | 'commit', nth: number, fate: AimedFault, thenMs: number): Moment {
  return {
    about: `${thenMs} ms after ${kind} ${nth}, which was ${fate}`,
    thenMs,
    reach: async (device) => {
      const held = device.edge.blob.faults.at({ kind, nth }, fate);
      const task = await device.upload();
      await held.hit();
      return task;
    },
  };
}

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
