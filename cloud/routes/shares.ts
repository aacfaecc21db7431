/** Making, listing and revoking links. /api/projects/:projectId/shares and /api/shares/:id. */
import { Hono } from 'hono';
import type { NewShare, ShareList } from '../../src/core/job/cloudShares.ts';
import { shareRequest } from '../../src/core/job/cloudSharesSchema.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { readJson } from '../http/readJson.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { hashPassword } from '../policy/password.ts';
import { newestModel } from '../store/modelFiles.ts';
import { addShare, listShares, revokeShare } from '../store/shares.ts';

const dayMs = 86_400_000;
const sharesPerProject = 100;

/** @throws Refusal 404 when it is not there or somebody else's */
async function ownProject(db: D1Database, ownerId: string, id: string): Promise<void> {
  const query = "SELECT 1 FROM projects WHERE id = ?1 AND owner_id = ?2 AND status = 'active'";
  if (!(await db.prepare(query).bind(id, ownerId).first())) throw notFound('project');
}

export const projectShareRoutes = new Hono<AppEnv>()
  .get('/:projectId/shares', async (c) => {
    const [ownerId, projectId] = [requireOwner(c), c.req.param('projectId')];
    await ownProject(c.env.DB, ownerId, projectId);
    return c.json<ShareList>({ shares: await listShares(c.var.cloud, ownerId, projectId) });
  })
  .post('/:projectId/shares', async (c) => {
    const { cloud } = c.var;
    const [ownerId, projectId] = [requireOwner(c), c.req.param('projectId')];
    await ownProject(c.env.DB, ownerId, projectId);
    const { role, title, expiresInDays, password } = await readJson(c, shareRequest);
    if (!(await newestModel(cloud, projectId))) throw new Refusal(409, 'no-model', 'This project has no finished model to share yet.');
    const open = (await listShares(cloud, ownerId, projectId)).filter(({ revokedAt }) => revokedAt === null);
    if (open.length >= sharesPerProject) throw new Refusal(409, 'too-many-shares', `A project has at most ${sharesPerProject} open links.`);
    const { share, token } = await addShare(cloud, {
      projectId,
      ownerId,
      role,
      title,
      passwordHash: password === undefined ? null : await hashPassword(password),
      expiresAt: expiresInDays === undefined ? null : cloud.now() + expiresInDays * dayMs,
    });
    return c.json<NewShare>({ share, url: `${new URL(c.req.url).origin}/s/${token}` }, 201);
  });

export const shareRoutes = new Hono<AppEnv>().delete('/:id', async (c) => {
  if (!(await revokeShare(c.var.cloud, requireOwner(c), c.req.param('id')))) throw notFound('share');
  return c.body(null, 204);
});
