/**
 * What a run's messages mean for the project's record.
 * Invariant: the record never says more than what is in the project's files: it changes only on news of a file that was written.
 */
import type { TrainMessage } from '../../../workers/protocol.ts';
import type { Project, ProjectTraining } from '../../core/project/project.ts';
import type { JobView } from '../features/train/jobView.ts';
import { startCamera } from '../features/view/startCamera.ts';

type Kept = Extract<TrainMessage, { type: 'kept' }>;

function trainingOf(at: NonNullable<Kept['at']>, { figures, scene }: JobView): ProjectTraining {
  return {
    ...at,
    heldOutPsnrDb: figures?.heldOutPsnrDb ?? null,
    widthPx: figures?.widthPx ?? 0,
    heightPx: figures?.heightPx ?? 0,
    adapterName: scene?.adapterName ?? '',
  };
}

/** Stopped by the person or by the last step: there is nothing to go on with of itself. */
const isAtEnd = ({ state }: JobView): boolean => state === 'finished' || state === 'stopped';

/** The change of the record that a message brings; null for none. `job` is the view that includes the message. */
export function newsOf(message: TrainMessage, job: JobView): Partial<Project> | null {
  if (message.type === 'scene') return { start: startCamera(message.scene) };
  if (message.type === 'solved') return { solve: message.summary };
  if (message.type !== 'kept') return null;
  // A step that was reached with other cameras means nothing any more.
  if (message.what === 'solved') return { state: 'solved', training: null };
  if (!message.at) return null;
  const training = trainingOf(message.at, job);
  if (message.what === 'checkpoint') return { state: 'training', training };
  return { state: isAtEnd(job) ? 'trained' : 'training', training, splatFile: null };
}
