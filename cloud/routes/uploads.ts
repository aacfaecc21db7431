/**
 * /api/uploads: the resumable upload. Announce, PUT each photo that is not there yet, complete; after an interruption ask what is missing.
 * Invariant: every step may be repeated, and an upload that is somebody else's answers as one that does not exist.
 */
import { type Context, Hono } from 'hono';
import type { UploadCompleted, UploadSession } from '../../src/core/job/cloudApi.ts';
import { uploadRequest } from '../../src/core/job/cloudSchema.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { ensureOwner } from '../http/ensureOwner.ts';
import { idempotent } from '../http/idempotent.ts';
import { requireOwner } from '../http/owner.ts';
import { readJson } from '../http/readJson.ts';
import { Refusal } from '../http/refusal.ts';
import { deleteProject } from '../jobs/deleteProject.ts';
import { announcementBytes, brokenLimit } from '../policy/uploadLimits.ts';
import { count } from '../store/counters.ts';
import { type Upload, completeUpload, createUpload, requireAlive, requireOwnUpload, sessionOf } from '../store/uploads.ts';

/** The upload of the address, the asker's own. @throws Refusal 401, 404 */
const ownUpload = (c: Context<AppEnv, '/:id' | '/:id/complete'>): Promise<Upload> =>
  requireOwnUpload(c.var.cloud, requireOwner(c), c.req.param('id'));

export const uploadRoutes = new Hono<AppEnv>()
  .post('/', async (c) => {
    const { cloud } = c.var;
    const request = await readJson(c, uploadRequest, announcementBytes);
    const broken = brokenLimit(request, cloud.config.tuning);
    if (broken) throw new Refusal(broken.status, broken.code, broken.message);
    const ownerId = await ensureOwner(c);
    const begun = await idempotent(c, ownerId, request, async () => {
      const { id } = await createUpload(cloud, ownerId, request);
      count(cloud, 'upload', 'begun');
      return { status: 201, body: { uploadId: id } };
    });
    // Only its name is kept under the key: whoever asks again gets addresses that are still good.
    const { uploadId } = await begun.json<{ uploadId: string }>();
    const upload = requireAlive(cloud, await requireOwnUpload(cloud, ownerId, uploadId));
    return c.json<UploadSession>(await sessionOf(cloud, upload), 201);
  })

  .get('/:id', async (c) => {
    const upload = requireAlive(c.var.cloud, await ownUpload(c));
    return c.json<UploadSession>(await sessionOf(c.var.cloud, upload));
  })

  .post('/:id/complete', async (c) => {
    const upload = requireAlive(c.var.cloud, await ownUpload(c));
    return c.json<UploadCompleted>({ missing: await completeUpload(c.var.cloud, upload) });
  })

  // The upload made the project, so its jobs and their models are what "whatever they began" means: all of the project goes.
  .delete('/:id', async (c) => {
    const upload = await ownUpload(c);
    await deleteProject(c.var.cloud, upload.ownerId, upload.projectId);
    return c.body(null, 204);
  });
