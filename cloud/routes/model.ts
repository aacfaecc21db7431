/** GET /api/model/:modelId?format=: the owner's model, in any format that was made of it. */
import { Hono } from 'hono';
import type { ModelFormat } from '../../src/core/job/cloudApi.ts';
import { viewedFormats } from '../../src/core/job/cloudShares.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { sendFile } from '../http/serveFile.ts';
import { mediaTypeOf } from '../policy/mediaTypes.ts';
import { type ServedFile, type ServedModel, servedModel } from '../store/modelFiles.ts';

/** Old and new names of a format are one list; anything else is refused. */
export function formatAsked(asked: string | undefined): ModelFormat | null {
  if (asked === undefined) return null;
  const format = viewedFormats.find((each) => each === asked);
  if (!format) throw new Refusal(400, 'bad-format', `The formats are ${viewedFormats.join(', ')}.`);
  return format;
}

/** The file of a format; the first of the preferred ones when none is asked for. @throws Refusal 404 */
export function fileOf(model: ServedModel, format: ModelFormat | null): ServedFile {
  const wanted = format === null ? viewedFormats : [format];
  const file = wanted.flatMap((kind) => model.files.find((each) => each.kind === kind) ?? []).at(0);
  if (!file) throw notFound('file of this model');
  return file;
}

export const modelRoutes = new Hono<AppEnv>().get('/:modelId', async (c) => {
  const ownerId = requireOwner(c);
  const model = await servedModel(c.var.cloud, c.req.param('modelId'));
  if (model?.ownerId !== ownerId) throw notFound('model');
  const file = fileOf(model, formatAsked(c.req.query('format')));
  const sent = { ...file, type: mediaTypeOf(file.kind), name: `${model.id}.${file.kind}` };
  // A model never changes under its id; only its owner's browser may keep it.
  return sendFile(c, sent, { asDownload: false, cacheControl: 'private, max-age=31536000, immutable' });
});
