/**
 * PUT /api/u/:uploadId/:photoId: the bytes of one photo, under a signed address, streamed into R2.
 * Invariant: what is stored is exactly what was announced (length and SHA-256), a picture by its header, and under a name that the server
 * made; no name from the address reaches R2. Nobody needs to be signed in: the signature is the permission.
 */
import { Hono } from 'hono';
import type { AppEnv } from '../http/appEnv.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import type { PhotoHeader } from '../policy/photoHeader.ts';
import { isSigned } from '../policy/signedUrl.ts';
import { maxPixels, maxSidePx, takenTypes } from '../policy/uploadLimits.ts';
import { count } from '../store/counters.ts';
import { type StoreProblem, storePhoto } from '../store/objects.ts';
import { dropOrphan, markStored, photoOf } from '../store/photos.ts';
import { getUpload, requireAlive } from '../store/uploads.ts';

const problems: Record<StoreProblem, { status: 400 | 415 | 422; message: string }> = {
  'not-a-photo': { status: 415, message: `This is no photo of a type that is taken: ${takenTypes}.` },
  broken: { status: 422, message: 'The photo is damaged: its size cannot be read.' },
  'too-many-pixels': { status: 422, message: `A photo may have at most ${maxPixels / 1e6} megapixels and ${maxSidePx} pixels a side.` },
  'wrong-length': { status: 400, message: 'The body is not as long as the photo that was announced.' },
  'wrong-hash': { status: 422, message: 'The body is not the photo that was announced: its SHA-256 is another one.' },
};

/** The header of a photo that was stored. @throws Refusal with the reason why it was not */
export function requireStored(result: PhotoHeader | StoreProblem, which = ''): PhotoHeader {
  if (typeof result !== 'string') return result;
  const { status, message } = problems[result];
  throw new Refusal(status, result, which + message);
}

const forbidden = (): Refusal => new Refusal(403, 'bad-address', 'This address has expired or was not made here; ask for a new one.');

/** @throws Refusal 411, 400: before a byte is read */
function checkLength(given: string | undefined, bytes: number): void {
  if (given === undefined) throw new Refusal(411, 'length-required', 'The request must say how long its body is (Content-Length).');
  if (given !== String(bytes)) throw new Refusal(400, 'wrong-length', `The photo was announced with ${bytes} bytes, not ${given}.`);
}

export const photoPutRoutes = new Hono<AppEnv>().put('/:uploadId/:photoId', async (c) => {
  const { cloud } = c.var;
  const { uploadId, photoId } = c.req.param();
  const { exp = '', sig = '' } = c.req.query();
  if (!/^\d{13}$/.test(exp) || Number(exp) <= cloud.now()) throw forbidden();
  const upload = await getUpload(cloud, uploadId);
  const photo = upload && (await photoOf(cloud, upload.projectId, photoId));
  if (!photo) throw notFound('upload');
  if (!(await isSigned(cloud.env, { uploadId, photoId, bytes: photo.bytes, expiresAt: Number(exp) }, sig))) throw forbidden();
  requireAlive(cloud, upload);
  if (photo.status === 'stored') {
    await c.req.raw.body?.cancel();
    return c.body(null, 200);
  }
  checkLength(c.req.header('content-length'), photo.bytes);
  const body: ReadableStream<Uint8Array> | null = c.req.raw.body;
  if (!body) throw new Refusal(400, 'wrong-length', problems['wrong-length'].message);

  const result = await storePhoto(cloud.env.BUCKET, { key: photo.objectKey, bytes: photo.bytes, sha256: photoId }, body);
  count(cloud, 'upload', typeof result === 'string' ? result : 'stored');
  if (!(await markStored(cloud, upload.projectId, photoId, requireStored(result)))) {
    await dropOrphan(cloud, photo.objectKey);
    throw new Refusal(410, 'upload-gone', 'This upload was removed while the photo was on its way.');
  }
  return c.body(null, 200);
});
