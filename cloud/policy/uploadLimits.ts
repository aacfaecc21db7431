/**
 * How much may be uploaded, as far as it can be told from the announcement alone; what an owner has already is counted in store/uploads.ts.
 * Invariant: nothing is taken that one of these limits refuses, whatever the client says of it later.
 */
import type { UploadRequest } from '../../src/core/job/cloudApi.ts';
import type { Tuning } from '../config.ts';

/** Above these a picture is taken for a bomb: a few kilobytes that need gigabytes to be decoded. */
export const maxPixels = 100_000_000;
export const maxSidePx = 20_000;
/** What is held of a photo to read its type and its size; no camera writes a longer header. */
export const headerBytes = 512 * 1024;
/** A JSON announcement of the most photos there may be, with room for names that other clients send. */
export const announcementBytes = 512 * 1024;

/** POST /api/upload holds one photo at a time, because its hash must be known before it is stored; an isolate has 128 MB for all requests. */
export const simplePhotoBytes = 32_000_000;
/** One request on Cloudflare's smaller plans has 100 MB at most. */
export const simpleTotalBytes = 95_000_000;

/** What the formats we take are called; what a photo really is, is read from its bytes. */
const announcedTypes = /^image\/(jpe?g|png|webp|avif|hei[cf](-sequence)?)$/;

export interface LimitBroken {
  status: 400 | 413 | 415;
  code: string;
  message: string;
}

/** Null when the announcement may be taken. */
export function brokenLimit({ photos }: UploadRequest, tuning: Tuning): LimitBroken | null {
  const { photosPerUpload, bytesPerPhoto, bytesPerOwner } = tuning;
  if (photos.length > photosPerUpload)
    return {
      status: 413,
      code: 'too-many-photos',
      message: `An upload may have at most ${photosPerUpload} photos; this one has ${photos.length}.`,
    };
  if (new Set(photos.map(({ id }) => id)).size < photos.length)
    return { status: 400, code: 'photo-twice', message: 'The same photo is announced twice.' };
  const tooLarge = photos.find(({ bytes }) => bytes > bytesPerPhoto);
  if (tooLarge)
    return {
      status: 413,
      code: 'photo-too-large',
      message: `A photo may have at most ${bytesPerPhoto} bytes; ${tooLarge.id} has ${tooLarge.bytes}.`,
    };
  const unknown = photos.find(({ type }) => !announcedTypes.test(type));
  if (unknown) return { status: 415, code: 'unknown-type', message: `Photos of type ${unknown.type} are not taken, only ${takenTypes}.` };
  const total = photos.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > bytesPerOwner)
    return { status: 413, code: 'upload-too-large', message: `An upload may have at most ${bytesPerOwner} bytes; this one has ${total}.` };
  return null;
}

export const takenTypes = 'JPEG, PNG, WebP, AVIF and HEIC';
