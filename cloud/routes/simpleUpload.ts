/**
 * POST /api/upload: photos as a form, for clients that know nothing of sessions, e.g.
 * `curl -F name=Garden -F preset=full -F photo=@1.jpg -F photo=@2.jpg`.
 * Invariant: one photo at a time is held, because its hash must be known before R2 takes it; what is refused in the middle leaves nothing.
 *
 * The page takes the place out of a photo before it sends it; who comes this way may not have. The bytes are kept as they came, for the
 * trainer and the owner: nothing that is shared holds photos, and the models hold nothing of their EXIF.
 */
import {
  MaxFileSizeExceededError,
  MaxPartsExceededError,
  MaxTotalSizeExceededError,
  MultipartParseError,
  type MultipartPart,
  parseMultipartRequest,
} from '@remix-run/multipart-parser';
import { type Context, Hono } from 'hono';
import type { CloudPreset } from '../../src/core/job/cloudApi.ts';
import type { SimpleUploadAnswer } from '../../src/core/job/cloudProjects.ts';
import { preset as presetSchema } from '../../src/core/job/cloudSchema.ts';
import type { Cloud } from '../cloud.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { ensureOwner } from '../http/ensureOwner.ts';
import { Refusal } from '../http/refusal.ts';
import { deleteProject } from '../jobs/deleteProject.ts';
import { photoTypeOf, typeBytes } from '../policy/photoHeader.ts';
import { hexOf } from '../policy/tokens.ts';
import { simplePhotoBytes, simpleTotalBytes } from '../policy/uploadLimits.ts';
import { count } from '../store/counters.ts';
import { startOf, storePhoto, streamOf } from '../store/objects.ts';
import { markStored, photoOf } from '../store/photos.ts';
import { type Upload, addPhoto, completeUpload, createUpload, describeUpload } from '../store/uploads.ts';
import { requireStored } from './photoPut.ts';

const badForm = (message: string): Refusal => new Refusal(400, 'bad-form', message);

/** What has come of the form so far. */
interface Form {
  name: string;
  preset: CloudPreset;
  upload: Upload | null;
  hashes: Set<string>;
}

async function sha256Of(chunks: readonly Uint8Array[]): Promise<string> {
  const digest = new crypto.DigestStream('SHA-256');
  const writer = digest.getWriter();
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
  return hexOf(await digest.digest);
}

/** Stores one photo of an upload. @throws Refusal that says which one it was by its place in the form, not by its name */
async function takePhoto(cloud: Cloud, upload: Upload, chunks: readonly Uint8Array[], bytes: number, hashes: Set<string>): Promise<void> {
  const which = `Photo ${hashes.size + 1}: `;
  const type = photoTypeOf(startOf(chunks, typeBytes)) ?? requireStored('not-a-photo', which).type;
  const sha256 = await sha256Of(chunks);
  if (hashes.has(sha256)) return;
  await addPhoto(cloud, upload, { id: sha256, bytes, type }, hashes.size);
  hashes.add(sha256);
  const photo = await photoOf(cloud, upload.projectId, sha256);
  if (photo?.status !== 'waiting') return;
  const result = await storePhoto(cloud.env.BUCKET, { key: photo.objectKey, bytes, sha256 }, streamOf(chunks));
  count(cloud, 'upload', typeof result === 'string' ? result : 'stored');
  await markStored(cloud, upload.projectId, sha256, requireStored(result, which));
}

/** A part's field name, and its text where it is no file. @throws Refusal 400 when they are not UTF-8 */
function fieldOf(part: MultipartPart): { field: string; text: string } {
  try {
    const field = part.name ?? '';
    return { field, text: field === 'photo' || part.size > 1000 ? '' : part.text };
  } catch {
    throw badForm('A field of the form is not UTF-8.');
  }
}

async function takePart(c: Context<AppEnv>, form: Form, part: MultipartPart): Promise<void> {
  const { cloud } = c.var;
  const { field, text } = fieldOf(part);
  if (field === 'name' && text.length <= 200) form.name = text.trim();
  else if (field === 'preset' && presetSchema.safeParse(text).success) form.preset = presetSchema.parse(text);
  else if (field === 'photo') {
    form.upload ??= await createUpload(cloud, await ensureOwner(c), { projectName: form.name, preset: form.preset, photos: [] });
    await takePhoto(cloud, form.upload, part.content, part.size, form.hashes);
  } else throw badForm('The form has a field that is not one of name (200 characters), preset (preview or full) and photo.');
}

const formTooLarge = (code: string, message: string): Refusal => new Refusal(413, code, `${message} POST /api/uploads takes more.`);

/** What the parser's errors mean. */
function refusalOf(error: unknown, photosPerUpload: number): unknown {
  if (error instanceof MaxFileSizeExceededError)
    return formTooLarge('photo-too-large', `A photo in a form may have at most ${simplePhotoBytes} bytes.`);
  if (error instanceof MaxTotalSizeExceededError) return formTooLarge('too-large', `A form may have at most ${simpleTotalBytes} bytes.`);
  if (error instanceof MaxPartsExceededError)
    return new Refusal(413, 'too-many-photos', `An upload may have at most ${photosPerUpload} photos.`);
  return error instanceof MultipartParseError ? badForm('The body is not a whole multipart/form-data form.') : error;
}

async function readForm(c: Context<AppEnv>, form: Form): Promise<void> {
  const { bytesPerPhoto, photosPerUpload } = c.var.cloud.config.tuning;
  const limits = {
    maxFileSize: Math.min(simplePhotoBytes, bytesPerPhoto),
    maxTotalSize: simpleTotalBytes,
    maxParts: photosPerUpload + 2,
  };
  try {
    for await (const part of parseMultipartRequest(c.req.raw, limits)) await takePart(c, form, part);
  } catch (error) {
    // The owner would not know what to do with half a project that has no name.
    if (form.upload) await deleteProject(c.var.cloud, form.upload.ownerId, form.upload.projectId);
    throw refusalOf(error, photosPerUpload);
  }
}

export const simpleUploadRoutes = new Hono<AppEnv>().post('/', async (c) => {
  const { cloud } = c.var;
  if (Number(c.req.header('content-length')) > simpleTotalBytes) throw refusalOf(new MaxTotalSizeExceededError(simpleTotalBytes), 0);
  const form: Form = { name: '', preset: 'full', upload: null, hashes: new Set() };
  await readForm(c, form);
  const { upload, hashes } = form;
  if (!upload) throw badForm('The form has no photo.');
  await describeUpload(cloud, upload, form.preset, form.name);
  const missing = await completeUpload(cloud, upload);
  return c.json<SimpleUploadAnswer>({ uploadId: upload.id, projectId: upload.projectId, photos: hashes.size, missing }, 201);
});
