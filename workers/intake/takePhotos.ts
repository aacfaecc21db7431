/**
 * Taking photos in, one after another: read, measured, freed of the place they were taken at, written.
 * Invariant: one photo's bytes are in memory at a time; a photo is listed after its files are written; exact copies are counted, not kept.
 */
import { kindOfPhoto } from '../../src/core/image/photoKind.ts';
import { thumbnailOf } from '../../src/core/image/thumbnail.ts';
import { withoutPlace } from '../../src/core/image/withoutPlace.ts';
import { type Failure, type Result, fail, ok } from '../../src/core/job/failure.ts';
import { photoFile, thumbnailFile } from '../../src/core/project/layout.ts';
import type { ProjectPhoto } from '../../src/core/project/project.ts';
import { readExif } from '../../src/core/sfm/exif.ts';
import type { GreyImage } from '../../src/core/sfm/grey.ts';
import type { IntakeFile } from './given.ts';
import type { Keeper } from './keeper.ts';
import type { IntakeMessage } from './messages.ts';
import { nextNumber, uniqueName } from './names.ts';
import { photoFacts, unreadableFacts } from './photoFacts.ts';
import type { SmallPicture, SmallPictures } from './smallPictures.ts';
import { type Unreadable, unreadableRemarks } from './unreadable.ts';

/** Width of the picture that near-duplicates are found by. */
export const duplicateWidthPx = 64;

export interface PhotoTaker {
  /** Takes one in. `storage-full` when it did not fit; everything else goes on. */
  take(file: IntakeFile): Promise<Result<null>>;
  /** New photos in the order they came. */
  photos(): ProjectPhoto[];
  /** By photo id, 64 px wide. */
  greys: Map<string, GreyImage>;
  remarks(): Failure[];
}

interface Parts {
  keeper: Keeper;
  pictures: SmallPictures;
  post: (message: IntakeMessage) => void;
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const copiesRemark = (copies: string[]): Failure =>
  fail('partial', `${copies.length === 1 ? 'One photo is' : `${copies.length} photos are`} there already and not taken in twice.`, {
    photos: copies,
  }).failure;

export function createPhotoTaker({ keeper, pictures, post }: Parts, photosBefore: readonly ProjectPhoto[]): PhotoTaker {
  const known = new Set(photosBefore.map(({ id }) => id));
  const names = new Set(photosBefore.map(({ name }) => name));
  const greys: PhotoTaker['greys'] = new Map();
  const photos: ProjectPhoto[] = [];
  const copies: string[] = [];
  const unreadable: Unreadable[] = [];
  let number = nextNumber(photosBefore);

  function list(photo: ProjectPhoto, thumbnail: Blob | null, bytes: Blob | null): void {
    known.add(photo.id);
    photos.push(photo);
    post({ type: 'photo', photo, thumbnail, bytes });
  }

  function refuse(named: Pick<ProjectPhoto, 'id' | 'name' | 'sizeBytes'>, bytes: Uint8Array): void {
    const name = uniqueName(named.name, names);
    unreadable.push({ name, kind: kindOfPhoto(bytes, name) });
    list(unreadableFacts({ ...named, name }), null, null);
  }

  async function keep(id: string, path: string, bytes: Uint8Array, picture: SmallPicture): Promise<Result<null>> {
    const file = photoFile(number, path);
    const exif = await readExif(bytes);
    const clean = withoutPlace(bytes);
    const kept = await keeper.put(file, clean);
    if (!kept.ok) return kept;
    const small = await keeper.put(thumbnailFile(file), new Uint8Array(await picture.thumbnail.arrayBuffer()));
    if (!small.ok) return small;
    number++;
    greys.set(id, thumbnailOf(picture.grey, duplicateWidthPx));
    list(photoFacts({ id, name: uniqueName(path, names), file, sizeBytes: clean.length }, exif, picture), picture.thumbnail, kept.value);
    return ok(null);
  }

  return {
    async take(file) {
      const bytes = await file.bytes().catch(() => null);
      if (!bytes) {
        // Its name stands for the bytes nobody can read.
        refuse({ id: await hashOf(new TextEncoder().encode(file.path)), name: file.path, sizeBytes: file.sizeBytes }, new Uint8Array(0));
        return ok(null);
      }
      const id = await hashOf(bytes);
      if (known.has(id)) {
        copies.push(file.path);
        return ok(null);
      }
      const picture = await pictures.of(new Blob([bytes as Uint8Array<ArrayBuffer>])).catch(() => null);
      // Tags are read of photos that opened only: damaged ones can send their reader round in circles.
      if (picture) return keep(id, file.path, bytes, picture);
      refuse({ id, name: file.path, sizeBytes: file.sizeBytes }, bytes);
      return ok(null);
    },
    photos: () => photos,
    greys,
    remarks: () => [...unreadableRemarks(unreadable), ...(copies.length > 0 ? [copiesRemark(copies)] : [])],
  };
}
