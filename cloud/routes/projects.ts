/**
 * /api/projects: what a person has in the cloud, its name and how long its photos are kept, and its end.
 * Invariant: a project that is somebody else's answers as one that does not exist.
 */
import { Hono } from 'hono';
import type { CloudProject, ProjectList } from '../../src/core/job/cloudProjects.ts';
import { projectChange } from '../../src/core/job/cloudProjectsSchema.ts';
import type { Cloud } from '../cloud.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { readJson } from '../http/readJson.ts';
import { notFound } from '../http/refusal.ts';
import { deleteProject } from '../jobs/deleteProject.ts';
import { flushLater, outboxed } from '../store/outbox.ts';
import { changeProject, getProject, listProjects } from '../store/projects.ts';
import { orderPhotosPurges } from '../store/purgeOrders.ts';

/** Zero days from now on: what no job needs goes at once. A project without a job yet is still being sent. */
async function dropPhotosNow(cloud: Cloud, ownerId: string, id: string): Promise<void> {
  const where = 'p.id = ?2 AND p.owner_id = ?3 AND EXISTS (SELECT 1 FROM jobs WHERE jobs.project_id = p.id)';
  if ((await orderPhotosPurges(cloud, where, [id, ownerId])) === 0) return;
  await outboxed(cloud, { kind: 'purge', requestId: cloud.requestId }).run();
  flushLater(cloud);
}

export const projectRoutes = new Hono<AppEnv>()
  .get('/', async (c) => c.json<ProjectList>({ projects: await listProjects(c.var.cloud, requireOwner(c)) }))

  .get('/:id', async (c) => {
    const project = await getProject(c.var.cloud, requireOwner(c), c.req.param('id'));
    if (!project) throw notFound('project');
    return c.json<CloudProject>(project);
  })

  .patch('/:id', async (c) => {
    const ownerId = requireOwner(c);
    const change = await readJson(c, projectChange, 4096);
    const isChanged = await changeProject(c.var.cloud, ownerId, c.req.param('id'), change);
    if (isChanged && change.photosKeepDays === 0) await dropPhotosNow(c.var.cloud, ownerId, c.req.param('id'));
    const project = isChanged && (await getProject(c.var.cloud, ownerId, c.req.param('id')));
    if (!project) throw notFound('project');
    return c.json<CloudProject>(project);
  })

  .delete('/:id', async (c) => {
    if (!(await deleteProject(c.var.cloud, requireOwner(c), c.req.param('id')))) throw notFound('project');
    return c.body(null, 204);
  });
