import { SupportError } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import type { Docker } from '../docker/docker.ts';
import type { Fact } from './fact.ts';

/** The modules whose image's name stands for something else on this device by now. */
export interface ModuleImagesReading {
  readonly drifted: readonly DriftedImage[];
}

export interface DriftedImage {
  readonly module: string;
  /** The name that the module was deployed with. */
  readonly image: string;
  /** `sha256:…` of what it runs. */
  readonly runs: string;
  /** What the name stands for now; absent when the engine has no image of that name. */
  readonly now?: string;
}

export const moduleImages: Fact<ModuleImagesReading> = {
  about: "Looking at the modules' images",
  async read({ docker }, signal) {
    const drifted: DriftedImage[] = [];
    // The engine lists a container under its image's id as soon as the name does not stand for that image any more.
    const suspects = (await docker.modules(signal)).filter(({ image }) => /^(?:sha256:)?[0-9a-f]{12,64}$/.test(image));
    await inParallel(4, suspects, async ({ name }) => {
      const { Config, Image: runs } = await docker.inspect(name, signal);
      const now = await imageNow(docker, Config.Image, signal);
      if (now !== runs)
        drifted.push({ module: name, image: Config.Image, runs, ...(now === undefined ? {} : { now }) });
    });
    return { drifted: drifted.toSorted((a, b) => (a.module < b.module ? -1 : 1)) };
  },
};

async function imageNow(docker: Docker, image: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await docker.imageId(image, signal);
  } catch (error) {
    if (error instanceof SupportError && error.code === 'not-found') return undefined;
    throw error;
  }
}
