/** How a project's photos in the cloud stand: how many, and how long they stay. */
import type { CloudProject } from '../../../core/job/cloudProjects.ts';
import { text } from '../../i18n/text.ts';

const dayMs = 86_400_000;

export function photoWords({ photos, bytes, photosDeletedAt, photosKeepDays, updatedAt }: CloudProject): string {
  const words = text.account.projects;
  if (photosDeletedAt !== null) return words.photosGone(photosDeletedAt);
  if (photos === 0) return words.noPhotos;
  const stay = photosKeepDays === 0 ? words.photosGoing : words.photosUntil(updatedAt + photosKeepDays * dayMs);
  return `${words.photos(photos, bytes)}, ${stay}`;
}
