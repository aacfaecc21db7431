/**
 * Help: what --help prints, one text per command.
 * Invariant: every flag of flags.ts is explained in its command's text (a test compares the two).
 */
import type { HelpTopic } from './args.ts';

const exitCodes = `Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted but saved.`;

const texts: Record<HelpTopic, string> = {
  general: `Photos or a video become a 3D Gaussian splat.

  npm run splat -- PHOTOS -o OUT               find the cameras and train: the same as train PHOTOS -o OUT
  npm run splat -- train DATASET -o OUT        train a splat
  npm run splat -- solve PHOTOS -o OUT         find the cameras of photos or a video
  npm run splat -- render SCENE --cameras DATASET -o DIR
                                               render a splat from a dataset's cameras
  npm run splat -- convert IN OUT              change the file format of a splat
  npm run splat -- serve --api URL --token-file FILE
                                               compute the jobs of a cloud, one after another

Each command explains its flags: npm run splat -- train --help
${exitCodes}`,

  train: `npm run splat -- train DATASET -o OUT [flags]

DATASET is a folder or a .zip: photos with a COLMAP model or a nerfstudio transforms.json; or photos alone, or a video (which
needs ffmpeg on the PATH), whose cameras are found first. Writes OUT/scene.ply and OUT/metrics.json; of cameras found also
OUT/sparse/0 and OUT/solve.json, and OUT/cache to go on from.

  -o, --out OUT         where the results go (made when missing)
      --preset NAME     preview (default, a few minutes on a GPU) or full (30,000 steps)
      --steps N         optimiser steps; the preset's number when not given
      --max-splats N    splat budget; chosen from the preset and the device when not given
      --width PX        width the photos are trained at, 16 to 8192
      --holdout 8|0     8 (default): every 8th photo by name is kept out of training and scored; 0: train on all
      --seed N          start of the random numbers; same seed, same device, same result (default 0)
      --sh-degree N     highest degree of view-dependent colour, 0 to 3
      --antialiased     opacity-compensated 2D filter (Mip-Splatting)
      --refine-poses on|off
                        also correct the camera pose of every photo trained on, for poses that are a little off;
                        on by itself for cameras found here
      --refine-exposure on|off
                        also learn how bright each photo trained on is, for photos of differing exposure;
                        on by itself for photos that clearly differ and whose cameras are found here
      --checkpoint FILE go on from this file when it exists; it is written when the run ends or is stopped. Cameras found
                        here are then kept in OUT/cache too, so that a run taken up again does not look for them again
      --checkpoint-every SECONDS
                        write the checkpoint also while training goes on, so that a crash costs no more than this
      --preview FILE    write the splats so far to this .ply or .splat while training goes on
      --preview-every SECONDS
                        how often (default 30)
      --poses FILE      which poses to use when the dataset has several, e.g. transforms.json or sparse/0
      --renders         also write OUT/renders/NAME.png and OUT/photos/NAME.png for every held-out photo
      --json            one event per line on standard output
  -h, --help            this text

Ctrl-C stops after the steps under way and saves what there is (before training there is nothing yet: exit code 1);
a second Ctrl-C leaves at once.
${exitCodes}`,

  solve: `npm run splat -- solve PHOTOS -o OUT [flags]

PHOTOS is a folder of photos, a .zip of them, or a video (which needs ffmpeg on the PATH). Finds where each was taken.
Writes OUT/sparse/0 (a COLMAP model, binary and text) and OUT/solve.json; of a video also the frames used, OUT/images.

  -o, --out OUT         where the results go (made when missing)
      --intrinsics I    the lens, when it is known: F,CX,CY or FX,FY,CX,CY[,K1,K2] in px of the photos as they are stored
                        (upright), or a file: COLMAP's cameras.txt or .bin, transforms.json, reference.json
      --width PX        longer side of the images that are compared, 160 to 8192 (default 1200, and 1600 when
                        that leaves out more than a tenth of the photos)
      --features N      most features per photo, 64 to 32768 (default 4096, and 8192 then)
      --seed N          start of the random numbers; same seed, same result (default 0)
      --video           the photos are frames of one video, in the order of their names
      --cache DIR|off   where the photos' features are kept for the next run (default OUT/cache); off: nowhere
      --json            one event per line on standard output
  -h, --help            this text

Ctrl-C stops; nothing is written then.
${exitCodes}`,

  render: `npm run splat -- render SCENE --cameras DATASET -o DIR [flags]

SCENE is a .ply or any other splat format that convert reads. Writes one PNG per photo of the dataset, named after it.

  -o, --out DIR         where the pictures go (made when missing)
      --cameras DATASET folder or .zip whose cameras are used
      --poses FILE      which poses to use when the dataset has several
      --width PX        width of the pictures, 16 to 8192; the photos' own width when not given
      --all             every camera (default)
      --holdout 8|0     8: only every 8th camera by name, those that training keeps out; 0: every camera
      --json            one event per line on standard output
  -h, --help            this text

${exitCodes}`,

  convert: `npm run splat -- convert IN OUT [flags]

The formats follow from the names: .ply, .compressed.ply, .splat, .spz, .sog, .glb.

      --json            one event per line on standard output
  -h, --help            this text

${exitCodes}`,

  serve: `npm run splat -- serve --api URL --token-file FILE [flags]

Asks a cloud of Splat App for work, and turns the photos of each job into a splat on this machine. Nothing of a job is left
here once its result has arrived; one that was interrupted goes on where it was when this is started again.

      --api URL         where the cloud answers, e.g. http://localhost:5173
      --token-file FILE holds the worker token, the cloud's WORKER_TOKEN
      --work DIR        where photos and results lie meanwhile (default ~/.cache/splat-serve)
      --worker-id NAME  the name of this worker, the same over restarts (default: from the machine's name and DIR)
      --gpu-class NAME  what it computes on, as the cloud calls it (default webgpu)
      --train-args="..."
                        adds flags to every training run, e.g. "--steps 500 --width 256"
      --idle-exit SECONDS
                        leave after so long without work
      --once            leave after one job
      --json            the jobs' events, one per line, on standard output
  -h, --help            this text

Ctrl-C stops what is under way, keeps its checkpoint and leaves; a second Ctrl-C leaves at once.
${exitCodes}`,
};

/** The help text of a command, without a newline at its end. */
export const helpText = (topic: HelpTopic): string => texts[topic];

/** What a usage error prints: the problems, then where to read more. */
export function usageText(topic: HelpTopic, problems: string[]): string {
  const command = topic === 'general' ? '' : ` ${topic}`;
  return [...problems.map((problem) => `splat${command}: ${problem}`), `See npm run splat --${command} --help`].join('\n');
}
