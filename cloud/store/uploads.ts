/**
 * Uploads in D1: a project, its photos as announced, and the time there is to send them.
 * Invariant: an upload is found by its owner only; project, upload and photos are written together or not at all, and only within the
 * owner's limits, which the writing statement itself counts, so that two requests at once cannot both take the last place.
 */
import type { CloudPreset, UploadPhoto, UploadRequest, UploadSession } from '../../src/core/job/cloudApi.ts';
import { type Cloud, frozen } from '../cloud.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { photoPutUrls } from '../policy/signedUrl.ts';
import { newId } from '../policy/tokens.ts';
import { announcedJson, insertPhotos, missingPhotos, newBytes, photosOf, usedBytes } from './photos.ts';

export interface Upload {
  id: string;
  projectId: string;
  ownerId: string;
  status: 'open' | 'complete' | 'expired' | 'removed';
  expiresAt: number;
  isProjectActive: boolean;
  photosDeletedAt: number | null;
}

const gone = (): Refusal => new Refusal(410, 'upload-gone', 'This upload has expired or was removed; begin a new one.');

/** Why nothing was written: the limit that is reached. */
async function limitReached(cloud: Cloud, ownerId: string, json: string): Promise<Refusal> {
  const { projectsPerOwner, bytesPerOwner } = cloud.config.tuning;
  const query = `SELECT (SELECT count(*) FROM projects WHERE owner_id = ?2 AND status = 'active') AS projects, (${usedBytes}) AS used, (${newBytes}) AS more, ?1 AS one`;
  const has = await cloud.db.prepare(query).bind(1, ownerId, json, cloud.now()).first<{ projects: number; used: number; more: number }>();
  if ((has?.projects ?? 0) >= projectsPerOwner)
    return new Refusal(409, 'too-many-projects', `There may be ${projectsPerOwner} projects at most. Delete one that is not needed.`);
  const room = Math.max(0, bytesPerOwner - (has?.used ?? 0));
  return new Refusal(409, 'storage-full', `There is room for ${room} bytes more, and this needs ${has?.more ?? 0}. Delete a project that is not needed.`); // prettier-ignore
}

/**
 * Begins an upload with a project of its own.
 * @throws Refusal 409 when the owner has no room for it
 */
export async function createUpload(moving: Cloud, ownerId: string, { projectName, photos, preset }: UploadRequest): Promise<Upload> {
  const cloud = frozen(moving);
  const { projectsPerOwner, bytesPerOwner, uploadHours } = cloud.config.tuning;
  const [id, projectId, expiresAt] = [newId('upl'), newId('prj'), cloud.now() + uploadHours * 3_600_000];
  const json = announcedJson(projectId, photos);
  const project = cloud.db
    .prepare(
      'INSERT INTO projects (id, owner_id, name, created_at, updated_at, photos_keep_days) SELECT ?1, ?2, ?5, ?4, ?4, ?6' +
        ` WHERE (SELECT count(*) FROM projects WHERE owner_id = ?2 AND status = 'active') < ?7 AND (${usedBytes}) + (${newBytes}) <= ?8 RETURNING id`,
    )
    .bind(projectId, ownerId, json, cloud.now(), projectName, cloud.config.photosKeepDays, projectsPerOwner, bytesPerOwner);
  const upload = cloud.db
    .prepare(
      'INSERT INTO uploads (id, project_id, owner_id, preset, created_at, expires_at)' +
        ' SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM projects WHERE id = ?2)',
    )
    .bind(id, projectId, ownerId, preset, cloud.now(), expiresAt);
  const [made] = await cloud.db.batch([project, upload, insertPhotos(cloud, projectId, ownerId, json)]);
  if (made.results.length === 0) throw await limitReached(cloud, ownerId, json);
  return { id, projectId, ownerId, status: 'open', expiresAt, isProjectActive: true, photosDeletedAt: null };
}

/**
 * Adds a photo that was not announced and is not there yet, for clients that announce nothing.
 * @throws Refusal 409 when the owner has no room for it
 */
export async function addPhoto(cloud: Cloud, upload: Upload, photo: UploadPhoto, position: number): Promise<void> {
  const json = announcedJson(upload.projectId, [photo], position);
  const { meta } = await insertPhotos(cloud, upload.projectId, upload.ownerId, json).run();
  if (meta.changes === 0) throw await limitReached(cloud, upload.ownerId, json);
}

export async function getUpload(cloud: Cloud, id: string): Promise<Upload | null> {
  const query =
    "SELECT u.id, u.project_id AS projectId, u.owner_id AS ownerId, u.status, u.expires_at AS expiresAt, p.status = 'active' AS active," +
    ' p.photos_deleted_at AS photosDeletedAt FROM uploads u JOIN projects p ON p.id = u.project_id WHERE u.id = ?1';
  const row = await cloud.db.prepare(query).bind(id).first<Upload & { active: number }>();
  if (!row) return null;
  const { active, ...upload } = row;
  return { ...upload, isProjectActive: active === 1 };
}

/** @throws Refusal 410 when nothing can be sent to it or begun with it any more */
export function requireAlive(cloud: Cloud, upload: Upload): Upload {
  const isOver =
    upload.status === 'expired' || upload.status === 'removed' || (upload.status === 'open' && upload.expiresAt <= cloud.now());
  if (isOver || !upload.isProjectActive || upload.photosDeletedAt !== null) throw gone();
  return upload;
}

/** @throws Refusal 404 when there is none or it is somebody else's */
export async function requireOwnUpload(cloud: Cloud, ownerId: string, id: string): Promise<Upload> {
  const upload = await getUpload(cloud, id);
  if (upload?.ownerId !== ownerId) throw notFound('upload');
  return upload;
}

/** What the client goes on with: which photos are there, and fresh addresses for all. */
export async function sessionOf(cloud: Cloud, upload: Upload): Promise<UploadSession> {
  const urlOf = await photoPutUrls(cloud.env);
  const expiresAt = cloud.now() + cloud.config.tuning.putSeconds * 1000;
  const parts = (await photosOf(cloud, upload.projectId)).map(async ({ sha256, bytes, status }) => ({
    photoId: sha256,
    url: await urlOf({ uploadId: upload.id, photoId: sha256, bytes, expiresAt }),
    have: status === 'stored',
  }));
  return { uploadId: upload.id, projectId: upload.projectId, expiresAt: upload.expiresAt, parts: await Promise.all(parts) };
}

/** Closes the upload when it is whole. Once closed it stays so. @returns hashes of the photos that are missing */
export async function completeUpload(cloud: Cloud, upload: Upload): Promise<string[]> {
  if (upload.status === 'complete') return [];
  const missing = await missingPhotos(cloud, upload.projectId);
  if (missing.length > 0) return missing;
  const close = cloud.db
    .prepare(
      "UPDATE uploads SET status = 'complete' WHERE id = ?1 AND status = 'open'" +
        " AND NOT EXISTS (SELECT 1 FROM photos WHERE project_id = ?2 AND status = 'waiting')",
    )
    .bind(upload.id, upload.projectId);
  const touch = cloud.db
    .prepare("UPDATE projects SET updated_at = ?2 WHERE id = ?1 AND status = 'active'")
    .bind(upload.projectId, cloud.now());
  await cloud.db.batch([close, touch]);
  return [];
}

/** What a client that announces nothing says only along with its photos. */
export async function describeUpload(cloud: Cloud, upload: Upload, preset: CloudPreset, projectName: string): Promise<void> {
  await cloud.db.batch([
    cloud.db.prepare('UPDATE uploads SET preset = ?2 WHERE id = ?1').bind(upload.id, preset),
    cloud.db.prepare('UPDATE projects SET name = ?2 WHERE id = ?1').bind(upload.projectId, projectName),
  ]);
}
