/** The one button of each failure. Invariant: every code has one, and it leads to where the person can do what the words say. */
import type { FailureCode } from '../../core/job/failure.ts';

export type FailureAction = 'addPhotos' | 'photos' | 'resume' | 'again' | 'freeSpace' | 'home';

const actions: Partial<Record<FailureCode, FailureAction>> = {
  'too-few-photos': 'addPhotos',
  split: 'addPhotos',
  partial: 'addPhotos',
  'no-baseline': 'addPhotos',
  'repeated-structure': 'addPhotos',
  'gpu-lost': 'resume',
  cancelled: 'again',
  'storage-full': 'freeSpace',
  'gpu-missing': 'home',
  offline: 'again',
  'cloud-unreachable': 'again',
  'cloud-refused': 'again',
  'cloud-failed': 'again',
  'cloud-expired': 'again',
};

export const actionFor = (code: FailureCode): FailureAction => actions[code] ?? 'photos';
