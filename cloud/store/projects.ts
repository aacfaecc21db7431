/**
 * Projects in D1.
 * Invariant: every query names the owner, and a deleted project is not there for anybody: from its tombstone on nothing of it is served or
 * begun, and what is left of it is the purge's to remove.
 */
import type { CloudProject, ProjectChange } from '../../src/core/job/cloudProjects.ts';
import { type Cloud, frozen } from '../cloud.ts';
import { type JobState, openStates, publicState } from '../policy/jobMachine.ts';
import { servedKinds } from '../policy/objectKeys.ts';
import { type Job, jobOfRow } from './jobs.ts';
import { type CachedName, forgetCached } from './kvCache.ts';
import { outboxed } from './outbox.ts';
import { purgeOrdered } from './purgeOrders.ts';

type ProjectRow = Omit<CloudProject, 'jobs' | 'models'>;

/** The owner's (?1) projects that are there; all of them, or one (?2). */
const mine = "SELECT id FROM projects WHERE owner_id = ?1 AND status = 'active' AND (?2 IS NULL OR id = ?2)";

const queries = {
  projects:
    'SELECT p.id, p.name, p.created_at AS createdAt, p.updated_at AS updatedAt, count(f.sha256) AS photos, coalesce(sum(f.bytes), 0) AS bytes,' +
    ' p.photos_deleted_at AS photosDeletedAt, p.photos_keep_days AS photosKeepDays FROM projects p' +
    " LEFT JOIN photos f ON f.project_id = p.id AND f.status = 'stored'" +
    ` WHERE p.id IN (${mine}) GROUP BY p.id ORDER BY p.created_at DESC, p.id`,
  jobs: `SELECT id, project_id AS projectId, state, created_at AS createdAt FROM jobs WHERE project_id IN (${mine}) ORDER BY created_at DESC, id`,
  models:
    'SELECT m.id, m.project_id AS projectId, f.kind, f.bytes FROM models m JOIN model_files f ON f.model_id = m.id' +
    ` WHERE m.project_id IN (${mine}) AND m.status = 'ready' AND f.status = 'stored' ORDER BY m.created_at DESC, m.id, f.kind`,
};

interface JobRow {
  id: string;
  projectId: string;
  state: JobState;
  createdAt: number;
}
interface FileRow {
  id: string;
  projectId: string;
  kind: string;
  bytes: number;
}

/** A model's files, brought together; in the rows' order. */
function modelsOf(rows: readonly FileRow[]): CloudProject['models'] {
  const models = new Map<string, CloudProject['models'][number]>();
  for (const { id, kind, bytes } of rows) {
    const format = servedKinds.find((served) => served === kind);
    if (!format) continue;
    const model = models.get(id) ?? { id, formats: [] };
    model.formats.push({ format, bytes });
    models.set(id, model);
  }
  return [...models.values()];
}

/** Newest first. */
export async function listProjects(cloud: Cloud, ownerId: string, projectId: string | null = null): Promise<CloudProject[]> {
  const asked = [queries.projects, queries.jobs, queries.models].map((query) => cloud.db.prepare(query).bind(ownerId, projectId));
  const [projects, jobs, models] = await cloud.db.batch<unknown>(asked);
  const jobRows = jobs.results as JobRow[];
  const fileRows = models.results as FileRow[];
  return (projects.results as ProjectRow[]).map((project) => ({
    ...project,
    jobs: jobRows
      .filter(({ projectId: of }) => of === project.id)
      .map(({ id, state, createdAt }) => ({ id, state: publicState(state), createdAt })),
    models: modelsOf(fileRows.filter(({ projectId: of }) => of === project.id)),
  }));
}

/** Null when there is none or it is somebody else's. */
export const getProject = async (cloud: Cloud, ownerId: string, projectId: string): Promise<CloudProject | null> =>
  (await listProjects(cloud, ownerId, projectId)).at(0) ?? null;

/** @returns false when there is none or it is somebody else's */
export async function changeProject(cloud: Cloud, ownerId: string, projectId: string, change: ProjectChange): Promise<boolean> {
  const update =
    'UPDATE projects SET name = coalesce(?3, name), photos_keep_days = coalesce(?4, photos_keep_days), updated_at = ?5' +
    " WHERE id = ?1 AND owner_id = ?2 AND status = 'active' RETURNING id";
  const row = await cloud.db
    .prepare(update)
    .bind(projectId, ownerId, change.name ?? null, change.photosKeepDays ?? null, cloud.now())
    .first();
  return row !== null;
}

/** Copies at the edge that lead into a project. */
async function cachedNamesOf(cloud: Cloud, projectId: string): Promise<CachedName[]> {
  const [shares, models] = await cloud.db.batch<{ name: string }>([
    cloud.db.prepare('SELECT token_hash AS name FROM shares WHERE project_id = ?1').bind(projectId),
    cloud.db.prepare('SELECT id AS name FROM models WHERE project_id = ?1').bind(projectId),
  ]);
  return [
    ...shares.results.map(({ name }): CachedName => `share:${name}`),
    ...models.results.map(({ name }): CachedName => `model:${name}`),
  ];
}

/**
 * Puts up the tombstone, and with it the order to remove all that is left; one batch.
 * @returns jobs that still run, to be cancelled; null when there is no such project or it is somebody else's
 */
export async function buryProject(moving: Cloud, ownerId: string, projectId: string): Promise<Job[] | null> {
  const cloud = frozen(moving);
  const { db } = cloud;
  if (!(await getProject(cloud, ownerId, projectId))) return null;
  const bury = db
    .prepare("UPDATE projects SET status = 'deleted', updated_at = ?3 WHERE id = ?1 AND owner_id = ?2 AND status = 'active'")
    .bind(projectId, ownerId, cloud.now());
  const close = db.prepare("UPDATE uploads SET status = 'removed' WHERE project_id = ?1 AND owner_id = ?2").bind(projectId, ownerId);
  const marks = openStates.map((_, index) => `?${index + 2}`).join(', ');
  const running = db.prepare(`SELECT * FROM jobs WHERE project_id = ?1 AND state IN (${marks})`).bind(projectId, ...openStates);
  const tell = outboxed(cloud, { kind: 'purge', requestId: cloud.requestId });
  const results = await db.batch<Record<string, unknown>>([bury, close, purgeOrdered(cloud, 'project', projectId), tell, running]);
  await forgetCached(cloud, await cachedNamesOf(cloud, projectId));
  return results[4].results.map(jobOfRow);
}
