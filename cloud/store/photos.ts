/**
 * Photos in D1.
 * Invariant: a row is `stored` only after its bytes were checked and written; a photo that its owner has stored before, in any project that
 * still has it, is stored from the start, under the name it has there. Another owner's photos are never looked at.
 */
import type { UploadPhoto } from '../../src/core/job/cloudApi.ts';
import type { Cloud } from '../cloud.ts';
import { photoKey } from '../policy/objectKeys.ts';
import type { PhotoHeader } from '../policy/photoHeader.ts';
import { sizesUnder } from './objects.ts';

export interface Photo {
  sha256: string;
  bytes: number;
  status: 'waiting' | 'stored';
  objectKey: string;
}

/** Photos of an owner (?2) whose bytes may be used again: one row for each hash. Bare columns come from the row with the least key. */
const known =
  'SELECT k.sha256, k.bytes, k.type, k.width_px, k.height_px, min(k.object_key) AS object_key FROM photos k JOIN projects o ON o.id = k.project_id' +
  " WHERE k.owner_id = ?2 AND k.status = 'stored' AND o.status = 'active' AND o.photos_deleted_at IS NULL GROUP BY k.sha256";

/** Photos as one JSON text, so that a thousand of them are one bound parameter of one statement. */
export const announcedJson = (projectId: string, photos: readonly Pick<UploadPhoto, 'id' | 'bytes' | 'type'>[], position = 0): string =>
  JSON.stringify(photos.map(({ id, bytes, type }, index) => [id, bytes, type, photoKey(projectId, id), position + index]));

/** What the announced photos (?3) need beyond what the owner (?2) has. */
export const newBytes =
  'SELECT coalesce(sum(v.value->>1), 0) FROM json_each(?3) v WHERE NOT EXISTS (SELECT 1 FROM photos k JOIN projects o ON o.id = k.project_id' +
  " WHERE k.owner_id = ?2 AND k.sha256 = v.value->>0 AND k.bytes = v.value->>1 AND k.status = 'stored' AND o.status = 'active'" +
  ' AND o.photos_deleted_at IS NULL)';

/** What an owner (?2) has or is about to send (uploads open at ?4): every object once. */
export const usedBytes =
  'SELECT coalesce(sum(bytes), 0) FROM (SELECT DISTINCT p.object_key, p.bytes FROM photos p JOIN projects o ON o.id = p.project_id' +
  " LEFT JOIN uploads u ON u.project_id = p.project_id AND u.status = 'open' AND u.expires_at > ?4" +
  " WHERE p.owner_id = ?2 AND o.status = 'active' AND o.photos_deleted_at IS NULL AND (p.status = 'stored' OR u.id IS NOT NULL))";

/**
 * The statement that adds announced photos to a project, where it is there and there is room for them. One that is there already stays as it
 * is.
 * @param json by announcedJson()
 */
export function insertPhotos(cloud: Cloud, projectId: string, ownerId: string, json: string): D1PreparedStatement {
  const insert =
    'INSERT INTO photos (project_id, sha256, owner_id, position, bytes, type, width_px, height_px, status, object_key, created_at)' +
    ' SELECT ?1, v.value->>0, ?2, v.value->>4, v.value->>1, coalesce(k.type, v.value->>2), k.width_px, k.height_px,' +
    " CASE WHEN k.object_key IS NULL THEN 'waiting' ELSE 'stored' END, coalesce(k.object_key, v.value->>3), ?4" +
    ` FROM json_each(?3) v LEFT JOIN (${known}) k ON k.sha256 = v.value->>0 AND k.bytes = v.value->>1` +
    " WHERE EXISTS (SELECT 1 FROM projects WHERE id = ?1 AND owner_id = ?2 AND status = 'active')" +
    ` AND (${usedBytes}) + (${newBytes}) <= ?5 ON CONFLICT (project_id, sha256) DO NOTHING`;
  return cloud.db.prepare(insert).bind(projectId, ownerId, json, cloud.now(), cloud.config.tuning.bytesPerOwner);
}

/** In the person's order. */
export async function photosOf(cloud: Cloud, projectId: string): Promise<Photo[]> {
  const query = 'SELECT sha256, bytes, status, object_key AS objectKey FROM photos WHERE project_id = ?1 ORDER BY position';
  return (await cloud.db.prepare(query).bind(projectId).all<Photo>()).results;
}

/** One photo of a project, as it is announced. */
export function photoOf(cloud: Cloud, projectId: string, sha256: string): Promise<Photo | null> {
  const query = 'SELECT sha256, bytes, status, object_key AS objectKey FROM photos WHERE project_id = ?1 AND sha256 = ?2';
  return cloud.db.prepare(query).bind(projectId, sha256).first<Photo>();
}

/**
 * Notes that the bytes are there. An open upload lives on from here: it ends when nothing has arrived for a while.
 * @returns false when the photo's project was deleted meanwhile
 */
export async function markStored(cloud: Cloud, projectId: string, sha256: string, header: PhotoHeader): Promise<boolean> {
  const { type, widthPx, heightPx } = header;
  const mark = cloud.db
    .prepare(
      "UPDATE photos SET status = 'stored', type = ?3, width_px = ?4, height_px = ?5 WHERE project_id = ?1 AND sha256 = ?2" +
        " AND EXISTS (SELECT 1 FROM projects WHERE id = ?1 AND status = 'active') RETURNING 1",
    )
    .bind(projectId, sha256, type, widthPx, heightPx);
  const until = cloud.now() + cloud.config.tuning.uploadHours * 3_600_000;
  const extend = cloud.db
    .prepare("UPDATE uploads SET expires_at = max(expires_at, ?2) WHERE project_id = ?1 AND status = 'open'")
    .bind(projectId, until);
  const [marked] = await cloud.db.batch([mark, extend]);
  return marked.results.length === 1;
}

/** Removes an object that no row names any more: one that arrived just after its project had been purged. */
export async function dropOrphan(cloud: Cloud, objectKey: string): Promise<void> {
  const row = await cloud.db.prepare('SELECT 1 FROM photos WHERE object_key = ?1').bind(objectKey).first();
  if (!row) await cloud.env.BUCKET.delete(objectKey);
}

/**
 * Compares the rows of a project with what is in R2. Photos whose object is gone or of another length wait again, to be sent under a name of
 * this project's own.
 * @returns hashes of all photos that are missing
 */
export async function missingPhotos(cloud: Cloud, projectId: string): Promise<string[]> {
  const photos = await photosOf(cloud, projectId);
  const stored = photos.filter(({ status }) => status === 'stored');
  const folders = new Set(stored.map(({ objectKey, sha256 }) => objectKey.slice(0, -sha256.length)));
  const sizes = new Map<string, number>();
  for (const folder of folders) for (const [key, size] of await sizesUnder(cloud.env.BUCKET, folder)) sizes.set(key, size);
  const lost = stored.filter(({ objectKey, bytes }) => sizes.get(objectKey) !== bytes).map(({ sha256 }) => sha256);
  const again = cloud.db.prepare("UPDATE photos SET status = 'waiting', object_key = ?3 WHERE project_id = ?1 AND sha256 = ?2");
  if (lost.length > 0) await cloud.db.batch(lost.map((sha256) => again.bind(projectId, sha256, photoKey(projectId, sha256))));
  const isLost = new Set(lost);
  return photos.filter(({ sha256, status }) => status === 'waiting' || isLost.has(sha256)).map(({ sha256 }) => sha256);
}
