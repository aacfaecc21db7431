/**
 * /api/me: everything that is kept about a person, to take along or to be deleted.
 * Invariant: a file is sent to its owner, or to who holds an address that its owner was given; as something to save, never to be shown or run.
 */
import { type Context, Hono } from 'hono';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { notFound } from '../http/refusal.ts';
import { sendFile } from '../http/serveFile.ts';
import { clearCookie } from '../policy/cookie.ts';
import { deleteOwner } from '../jobs/deleteOwner.ts';
import { exportOwner } from '../jobs/exportOwner.ts';
import { isExportLink } from '../policy/exportLink.ts';
import { mediaTypeOf } from '../policy/mediaTypes.ts';
import { type OwnFile, ownModelFile, ownPhoto } from '../store/ownFiles.ts';

const endings: Record<string, string> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/heic': 'heic', 'image/avif': 'avif' }; // prettier-ignore

/** @throws Refusal 401 for a stranger without a signed address, 404 for a file that is not there or somebody else's */
async function requireOwn<T extends OwnFile>(c: Context<AppEnv>, file: T | null): Promise<T> {
  const { exp, sig } = c.req.query();
  const isLink =
    exp !== undefined && sig !== undefined && (await isExportLink(c.env, new URL(c.req.url).pathname, exp, sig, c.var.cloud.now()));
  const ownerId = isLink ? file?.ownerId : requireOwner(c);
  if (!file || file.ownerId !== ownerId) throw notFound('file');
  return file;
}

const options = { asDownload: true, cacheControl: 'private, no-store' };

export const meRoutes = new Hono<AppEnv>()
  .get('/export', (c) => {
    const stream = exportOwner(c.var.cloud, requireOwner(c), new URL(c.req.url).origin);
    const day = new Date(c.var.cloud.now()).toISOString().slice(0, 10);
    return c.body(stream, 200, {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': `attachment; filename="splat-export-${day}.json"`,
    });
  })

  .get('/photos/:projectId/:sha', async (c) => {
    const { projectId, sha } = c.req.param();
    const photo = await requireOwn(c, await ownPhoto(c.var.cloud, projectId, sha));
    const name = `${String(photo.position + 1).padStart(6, '0')}.${endings[photo.type] ?? 'bin'}`;
    return sendFile(c, { ...photo, name }, options);
  })

  .get('/models/:modelId/:kind', async (c) => {
    const { modelId, kind } = c.req.param();
    const file = await requireOwn(c, await ownModelFile(c.var.cloud, modelId, kind));
    return sendFile(c, { ...file, type: mediaTypeOf(file.kind), name: `${modelId}.${file.kind}` }, options);
  })

  .delete('/', async (c) => {
    await deleteOwner(c.var.cloud, requireOwner(c));
    clearCookie(c, 'owner');
    // It begins now and is over within a day.
    return c.body(null, 202);
  });
