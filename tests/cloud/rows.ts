/** Rows that a test begins with, each as the Worker itself would have written it. */
import type { Cloud } from '../../cloud/cloud.ts';
import { photoKey } from '../../cloud/policy/objectKeys.ts';
import { newId, sha256Hex } from '../../cloud/policy/tokens.ts';
import { type Job, columnOf, getJob } from '../../cloud/store/jobs.ts';

export async function givenOwner(cloud: Cloud): Promise<string> {
  const id = newId('own');
  await cloud.db.prepare('INSERT INTO owners (id, created_at, seen_at) VALUES (?1, ?2, ?2)').bind(id, cloud.now()).run();
  return id;
}

export async function givenProject(cloud: Cloud, ownerId: string, keepDays = 30): Promise<string> {
  const id = newId('prj');
  const insert = 'INSERT INTO projects (id, owner_id, name, created_at, updated_at, photos_keep_days) VALUES (?1, ?2, ?3, ?4, ?4, ?5)';
  await cloud.db.prepare(insert).bind(id, ownerId, 'A garden', cloud.now(), keepDays).run();
  return id;
}

/** Photos whose bytes are in R2: not pictures, but what is stored is what the rows say. */
export async function givenPhotos(cloud: Cloud, ownerId: string, projectId: string, number: number): Promise<string[]> {
  const hashes: string[] = [];
  for (let position = 0; position < number; position++) {
    const bytes = new TextEncoder().encode(`photo ${position} of ${projectId}`);
    const sha256 = await sha256Hex(bytes);
    const key = photoKey(projectId, sha256);
    await cloud.env.BUCKET.put(key, bytes, { sha256 });
    const insert =
      'INSERT INTO photos (project_id, sha256, owner_id, position, bytes, type, status, object_key, created_at)' +
      " VALUES (?1, ?2, ?3, ?4, ?5, 'image/jpeg', 'stored', ?6, ?7)";
    await cloud.db.prepare(insert).bind(projectId, sha256, ownerId, position, bytes.byteLength, key, cloud.now()).run();
    hashes.push(sha256);
  }
  return hashes;
}

/** A job of an owner and a project of its own unless they are given; queued in its first attempt unless said otherwise. */
export async function givenJob(cloud: Cloud, given: Partial<Job> = {}): Promise<Job> {
  const ownerId = given.ownerId ?? (await givenOwner(cloud));
  const projectId = given.projectId ?? (await givenProject(cloud, ownerId));
  const id = newId('job');
  const row: Partial<Job> = {
    id,
    uploadId: newId('upl'),
    preset: 'preview',
    state: 'queued',
    photos: 20,
    bytes: 60_000_000,
    deadlineAt: cloud.now() + 24 * 3_600_000,
    apiBase: 'https://splat.test',
    requestId: 'test-request',
    createdAt: cloud.now(),
    updatedAt: cloud.now(),
    ...given,
    ownerId,
    projectId,
  };
  const columns = Object.keys(row).map(columnOf).join(', ');
  const marks = Object.keys(row).fill('?').join(', ');
  await cloud.db
    .prepare(`INSERT INTO jobs (${columns}) VALUES (${marks})`)
    .bind(...Object.values(row))
    .run();
  const job = await getJob(cloud.db, id);
  if (!job) throw new Error('The job was not written.');
  return job;
}
