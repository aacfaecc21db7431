/**
 * /api/projects: what a person has in the cloud, its name and how long its photos are kept, and its end.
 * Invariant: a project that is somebody else's answers as one that does not exist.
 */
import { Hono } from 'hono';
import type { CloudProject, ProjectList } from '../../src/core/job/cloudProjects.ts';
import { projectChange } from '../../src/core/job/cloudProjectsSchema.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { readJson } from '../http/readJson.ts';
import { notFound } from '../http/refusal.ts';
import { deleteProject } from '../jobs/deleteProject.ts';
import { changeProject, getProject, listProjects } from '../store/projects.ts';

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
    const project = isChanged && (await getProject(c.var.cloud, ownerId, c.req.param('id')));
    if (!project) throw notFound('project');
    return c.json<CloudProject>(project);
  })

  .delete('/:id', async (c) => {
    if (!(await deleteProject(c.var.cloud, requireOwner(c), c.req.param('id')))) throw notFound('project');
    return c.body(null, 204);
  });
