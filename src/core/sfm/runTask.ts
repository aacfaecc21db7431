/** Runs one sfm task; what every solving thread does. Invariant: pure: the result depends on the task alone. */
import { guidePair } from './guidePair.ts';
import { matchCpu } from './matchCpu.ts';
import { siftRef } from './sift.ref.ts';
import type { SfmTask, SfmTaskResult } from './tasks.ts';
import { verifyPair } from './twoView.ts';

export function runSfmTask(task: SfmTask): SfmTaskResult {
  switch (task.kind) {
    case 'features':
      return { kind: 'features', features: siftRef(task.image, { maxFeatures: task.maxFeatures }) };
    case 'match':
      return { kind: 'match', matches: matchCpu(task.first, task.others) };
    case 'verify':
      return { kind: 'verify', pairs: task.pairs.map(verifyPair) };
    case 'guide':
      return { kind: 'guide', ...guidePair(task) };
  }
}
