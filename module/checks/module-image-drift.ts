import { defineCheck, skippedFor, type Verdict } from './check.ts';

export const moduleImageDrift = defineCheck({
  id: 'module-image-drift',
  section: 'Field checks',
  title: 'modules run the images that their names stand for',
  needs: ['moduleImages'],
  judge({ moduleImages }): Verdict {
    if ('unavailable' in moduleImages) return skippedFor(moduleImages);
    const { drifted } = moduleImages.value;
    if (drifted.length === 0) return { status: 'ok', info: { drifted } };
    return {
      status: 'warning',
      details: drifted.map(({ module, image, runs, now }) =>
        now === undefined
          ? `${module} runs ${short(runs)}, but the device has no image ${image} any more: it can be made anew only after a pull.`
          : `${module} runs ${short(runs)}, but ${image} stands for ${short(now)} by now: it changes when its container is made anew.`,
      ),
      fix:
        'Deploy images under tags that are never used again for another image, or by digest. To have a module run what ' +
        'its name stands for now, change its deployment (edgeAgent then makes its container anew).',
      info: { drifted },
    };
  },
});

const short = (id: string) => id.replace(/^sha256:/, '').slice(0, 12);
