/**
 * What the person chooses on the contact sheet: which photos are used, which are shown and in what order.
 * Invariant: a photo's reason outlives the choice, so that every choice can be taken back; a photo that cannot be opened is never used.
 */
import { isReadable } from '../../../core/image/photoCheck.ts';
import { byName } from '../../../core/image/photoOrder.ts';
import type { DropReason, ProjectPhoto } from '../../../core/project/project.ts';

export type PhotoFilter = 'all' | 'kept' | 'dropped' | DropReason;
export type PhotoSort = 'name' | 'sharpness' | 'brightness';
export const photoSorts: readonly PhotoSort[] = ['name', 'sharpness', 'brightness'];

const reasons: readonly DropReason[] = ['blurry', 'duplicate', 'too-dark', 'too-bright', 'unreadable', 'by-hand'];

/** The photo used or left out by the person's word. */
export function withKeep(photo: ProjectPhoto, keep: boolean): ProjectPhoto {
  if (!isReadable(photo) || photo.keep === keep) return photo;
  if (keep) return { ...photo, keep, reason: photo.reason === 'by-hand' ? null : photo.reason };
  return { ...photo, keep, reason: photo.reason ?? 'by-hand' };
}

/** The photos with those of `ids` used or left out. */
export const withAllKept = (photos: readonly ProjectPhoto[], ids: ReadonlySet<string>, keep: boolean): ProjectPhoto[] =>
  photos.map((photo) => (ids.has(photo.id) ? withKeep(photo, keep) : photo));

/** The photos with the blurry ones left out. */
export const withoutBlurry = (photos: readonly ProjectPhoto[]): ProjectPhoto[] =>
  photos.map((photo) => (photo.reason === 'blurry' ? withKeep(photo, false) : photo));

export function isShown({ keep, reason }: ProjectPhoto, filter: PhotoFilter): boolean {
  if (filter === 'all') return true;
  if (filter === 'kept' || filter === 'dropped') return keep === (filter === 'kept');
  return reason === filter;
}

/** The filters worth offering, with how many photos each shows. */
export function filtersFor(photos: readonly ProjectPhoto[]): { filter: PhotoFilter; n: number }[] {
  const all: PhotoFilter[] = ['all', 'kept', 'dropped', ...reasons];
  const counted = all.map((filter) => ({ filter, n: photos.filter((photo) => isShown(photo, filter)).length }));
  return counted.filter(({ filter, n }) => filter === 'all' || n > 0);
}

/** Unreadable photos have nothing to compare and come last. */
const last = (value: number): number => (Number.isFinite(value) ? value : Infinity);
const ascending = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

const orders: Record<PhotoSort, (a: ProjectPhoto, b: ProjectPhoto) => number> = {
  name: () => 0,
  sharpness: (a, b) => ascending(last(a.relativeSharpness), last(b.relativeSharpness)),
  brightness: (a, b) => ascending(isReadable(a) ? a.exposure : Infinity, isReadable(b) ? b.exposure : Infinity),
};

/** What the sheet shows, in its order. */
export const shownPhotos = (photos: readonly ProjectPhoto[], filter: PhotoFilter, sort: PhotoSort): ProjectPhoto[] =>
  photos.filter((photo) => isShown(photo, filter)).sort((a, b) => orders[sort](a, b) || byName(a.name, b.name));
